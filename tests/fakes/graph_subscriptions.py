"""Microsoft's promises to call, the question whether anybody is there, and the calls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.fakes.graph_mailbox import Item

LONGEST = timedelta(days=7)
#: Posts a body to an address: status, content type and body of the answer.
Call = Callable[[str, bytes], tuple[int, str, bytes]]
_FOLDER = re.compile(r"me/mailFolders\('(\w+)'\)/messages")


@dataclass
class Subscriptions:
    """Those that were asked for, by id. Nobody can be called before `call` is set."""

    now: Callable[[], datetime]
    call: Call | None = None
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Folders that it makes none for.
    refused: set[str] = field(default_factory=set)
    number: int = 0
    #: Calls that are still to be made, as address and body.
    waiting: list[tuple[str, bytes]] = field(default_factory=list)

    def asked(self, method: str, path: list[str], body: bytes) -> tuple[int, dict[str, Any]]:
        """The answer to POST, PATCH and DELETE."""
        told = json.loads(body) if body else {}
        if method == "POST" and not path:
            return self._made(told)
        one = self.kept.get(path[0]) if path else None
        if one is None or _moment(one["expirationDateTime"]) <= self.now():
            return 404, _error("ResourceNotFound", "The object was not found.")
        if method == "DELETE":
            del self.kept[path[0]]
            return 200, {}
        if _moment(told["expirationDateTime"]) > self.now() + LONGEST:
            return 400, _error(
                "ExtensionError", "Subscription expiration can only be 10080 minutes in the future."
            )
        one["expirationDateTime"] = told["expirationDateTime"]
        return 200, one

    def tell(self, folder: str, item: Item) -> None:
        """Something was created in `folder`."""
        for one in list(self.kept.values()):
            if _folder(one) == folder and _moment(one["expirationDateTime"]) > self.now():
                self.waiting.append((one["notificationUrl"], notification(one, item.id)))

    def tell_of_life(self, event: str) -> None:
        """Something happens to all subscriptions. Those that were removed are gone."""
        for one in list(self.kept.values()):
            if event == "subscriptionRemoved":
                del self.kept[one["id"]]
            told = {name: one[name] for name in ("clientState",)} | {"subscriptionId": one["id"]}
            body = json.dumps({"value": [{**told, "lifecycleEvent": event, "tenantId": "84bd"}]})
            self.waiting.append((one["lifecycleNotificationUrl"], body.encode()))

    def call_now(self) -> list[int]:
        """Make the calls that wait; the status of each answer."""
        calls, self.waiting = self.waiting, []
        return [self.call(url, body)[0] for url, body in calls] if self.call is not None else []

    def _made(self, told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if _folder(told) in self.refused:
            return 403, _error("ExtensionError", "Operation: Create; Exception: [Status Code: Forbidden]")
        for url in (told["notificationUrl"], told["lifecycleNotificationUrl"]):
            if not self._is_there(url):
                return 400, _error("ValidationError", "Subscription validation request failed.")
        self.number += 1
        one = {**told, "id": f"subscription-{self.number}"}
        self.kept[one["id"]] = one
        return 201, one

    def _is_there(self, url: str) -> bool:
        if self.call is None or not url.startswith("https://"):
            return False
        token = "Validation: Testing client application reachability & more <b>+"
        status, kind, body = self.call(f"{url}?validationToken={quote(token)}", b"")
        return status == 200 and kind.startswith("text/plain") and body.decode() == token


def notification(subscription: dict[str, Any], message_id: str) -> bytes:
    """One call about one message."""
    resource = f"Users/84bd/Messages/{message_id}"
    told = {
        "subscriptionId": subscription["id"],
        "subscriptionExpirationDateTime": subscription["expirationDateTime"],
        "changeType": "created",
        "resource": resource,
        "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "@odata.id": resource, "id": message_id},
        "clientState": subscription["clientState"],
        "tenantId": "84bd",
    }
    return json.dumps({"value": [told]}).encode()


def _folder(told: dict[str, Any]) -> str:
    found = _FOLDER.fullmatch(told["resource"])
    return found[1] if found else ""


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
