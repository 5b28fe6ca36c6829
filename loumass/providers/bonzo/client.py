"""Texts by Bonzo's API: each person is a prospect there, found or made by their number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

import httpx2

from loumass.core.http import whole_answer
from loumass.core.network import AddressRefused
from loumass.providers.base import (
    OVERTAKEN,
    Capability,
    HookRequest,
    OutgoingMessage,
    Provider,
    ProviderContext,
    StoredItem,
    refuse_control_characters,
)
from loumass.providers.bonzo import errors, inbound
from loumass.providers.bonzo.credentials import PROSPECT, BonzoCredentials
from loumass.providers.bonzo.prospects import (
    Prospect,
    direction_of,
    id_of,
    is_same_number,
    listed,
    message_of,
    moment_of,
    one,
    prospect_of,
    text_of,
)
from loumass.providers.breaking import broken
from loumass.providers.errors import Disconnected, Rejected, Sent, Unavailable, Unknown
from loumass.providers.events import ProviderEvent
from loumass.providers.kept_http import KeptHttp
from loumass.providers.texting import is_e164

API = "https://app.getbonzo.com/api"
MAXIMUM_TEXT = 1600
MAXIMUM_ANSWER = 5 * 1024 * 1024
#: How far Bonzo's clock and ours may be apart, and how long it may take to file a message.
_BEFORE, _AFTER = timedelta(minutes=1), timedelta(minutes=15)


class Bonzo(KeptHttp, Provider):
    """One user of Bonzo."""

    kind, medium, Credentials = "bonzo", "sms", BonzoCredentials
    label = "Bonzo"
    hook_hint = "Enter it in Bonzo as an event hook for messages and for prospects that are updated."
    summary = "Texts from a Bonzo number to Bonzo prospects, with replies and do-not-contact marks."
    signs_calls = False
    capabilities = frozenset({Capability.HOOKS, Capability.FINDS})

    credentials: BonzoCredentials

    def __init__(self, credentials: BonzoCredentials, context: ProviderContext) -> None:
        super().__init__(credentials, context)
        self._base = (credentials.base_url or context.base_urls.get(self.kind, API)).rstrip("/")

    def send(self, message: OutgoingMessage) -> Sent:
        """Hand over one text, unless Bonzo knows that the person said no. Raises ProviderError values."""
        refuse_control_characters(message)
        _refuse_unsendable(message)
        known = self._prospect(message)
        if known is not None and known.says_no:
            raise Rejected(errors.DO_NOT_CONTACT, errors.OPTED_OUT, has_opted_out=True)
        if not self.may_write():
            raise OVERTAKEN
        try:
            answer = self._read("POST", self.credentials.send_path, body=self._told(message, known))
        except (httpx2.TransportError, AddressRefused) as problem:
            raise broken(problem, "Bonzo") from problem
        if answer.status_code >= 300:
            raise errors.of_answer(answer)
        return _accepted(answer, known)

    def find(self, message: OutgoingMessage) -> Sent | None:
        """The prospect's own message with the same text and time, if Bonzo lists messages and has one."""
        known = self._prospect(message)
        if known is None:
            return None
        answer = self._asked(self._of(self.credentials.messages_path, known.id))
        if answer.status_code == 404:  # this account's API lists no messages: a person decides
            return None
        attempted = (message.attempted_at or self.context.now()).astimezone(UTC)
        near: list[tuple[timedelta, str]] = []
        for told in listed(_json(answer)):
            at = moment_of(told, "created_at", "sent_at")
            in_time = at is not None and attempted - _BEFORE <= at <= attempted + _AFTER
            is_ours = direction_of(told) == "out" and text_of(told) == message.text
            if at and in_time and is_ours and (number := id_of(told.get("id"))):
                near.append((abs(at - attempted), number))
        # The same words may have gone to the same person twice: the one filed when this one was handed over.
        return Sent(min(near)[1], thread_id=known.id) if near else None

    def check(self) -> str:
        """Ask for one prospect; touches nothing."""
        answer = self._asked(self.credentials.search_path, {"per_page": "1"})
        if answer.status_code == 404:
            raise errors.of_answer(answer)
        _json(answer)
        return "Bonzo takes the API token."

    def verify(self, hook: HookRequest) -> None:
        """Raises Forged when a shared secret is agreed and not given. Bonzo signs nothing."""
        inbound.verify(hook, self.credentials.hook_secret.get_secret_value())

    def identity(self, hook: HookRequest) -> str:
        """Bonzo's ids of what happened, else a hash of all that was told."""
        return inbound.identity(hook)

    def private_headers(self) -> frozenset[str]:
        """The shared secret."""
        return frozenset({inbound.SECRET_HEADER})

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        """Texts, keywords, delivery reports and do-not-contact marks."""
        return inbound.parse(item, self.credentials.number)

    def _told(self, message: OutgoingMessage, known: Prospect | None) -> dict[str, Any]:
        told: dict[str, Any] = {
            "phone": message.to,
            "message": message.text,
            "send_as": self.credentials.send_as,
        }
        # A name would overwrite the one that Bonzo has.
        return told if known else {**told, "first_name": self.credentials.first_name}

    def _prospect(self, message: OutgoingMessage) -> Prospect | None:
        """Whom Bonzo knows by the conversation's prospect id, else by the number. Raises ProviderError."""
        if message.thread_id:
            answer = self._asked(self._of(self.credentials.prospect_path, message.thread_id))
            found = prospect_of(one(_json(answer))) if answer.status_code != 404 else None
            # Numbers move between people: the id counts only while the number is this one.
            if found is not None and is_same_number(found.phone, message.to):
                return found
        answer = self._asked(self.credentials.search_path, {"search": message.to, "per_page": "50"})
        if answer.status_code == 404:
            raise errors.of_answer(answer)
        found = [known for told in listed(_json(answer)) if (known := prospect_of(told))]
        same = [known for known in found if is_same_number(known.phone, message.to)]
        # Whoever said no under one of several entries said no.
        return next((known for known in same if known.says_no), same[0] if same else None)

    def _of(self, path: str, prospect: str) -> str:
        return path.replace(PROSPECT, prospect if id_of(prospect) else "0")

    def _asked(self, path: str, query: dict[str, str] | None = None) -> httpx2.Response:
        """An answer of 200 or 404. Raises ProviderError; nothing was sent."""
        try:
            answer = self._read("GET", path, query)
        except AddressRefused as problem:
            raise Disconnected(str(problem)) from problem
        except (httpx2.TransportError, httpx2.InvalidURL) as problem:
            raise Unavailable(f"Bonzo cannot be reached: {problem}") from problem
        if answer.status_code >= 300 and answer.status_code != 404:
            raise errors.of_lookup(answer)
        return answer

    def _read(
        self, method: str, path: str, query: dict[str, str] | None = None, body: dict[str, Any] | None = None
    ) -> httpx2.Response:
        sent = json.dumps(body).encode() if body is not None else None
        url, timeout = f"{self._base}{path}", self.context.timeout
        return whole_answer(
            self._http, method, url, most=MAXIMUM_ANSWER, params=query, content=sent, timeout=timeout
        )

    def _open_http(self) -> httpx2.Client:
        opened = super()._open_http()
        token = self.credentials.api_token.get_secret_value()
        opened.headers["Authorization"] = f"Bearer {token}"
        opened.headers["Accept"] = opened.headers["Content-Type"] = "application/json"
        if self.credentials.on_behalf_of:
            opened.headers["On-Behalf-Of"] = self.credentials.on_behalf_of
        return opened


def _refuse_unsendable(message: OutgoingMessage) -> None:
    if not is_e164(message.to):
        raise Rejected(f"{message.to} is not an international number.", "phone", address_is_dead=True)
    if message.media_urls:
        raise Rejected("Pictures cannot be sent by Bonzo.", "media")
    if not message.text:
        raise Rejected("The text is empty.", "empty")
    if len(message.text) > MAXIMUM_TEXT:
        raise Rejected(f"The text is longer than {MAXIMUM_TEXT:,} characters.", "too_long")


def _accepted(answer: httpx2.Response, known: Prospect | None) -> Sent:
    """What Bonzo took. Raises Unknown when it says yes in a way that cannot be read."""
    told: Mapping[str, Any] = one(errors.content_of(answer))
    inner = told.get("prospect")
    prospect = prospect_of(inner if isinstance(inner, Mapping) else told) or known
    if prospect is None:
        raise Unknown("Bonzo said yes in a way that cannot be read.")
    sent = id_of(message_of(told).get("id")) or id_of(told.get("message_id"))
    if prospect.says_no and not sent:
        raise Rejected(errors.DO_NOT_CONTACT, errors.OPTED_OUT, has_opted_out=True)
    return Sent(sent, thread_id=prospect.id)


def _json(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError) as problem:
        raise Unavailable("Bonzo gave no readable answer. Look at base address and paths.") from problem
