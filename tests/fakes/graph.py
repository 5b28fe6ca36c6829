"""Microsoft Graph for one mailbox on loopback, with Microsoft's sign-in and its calls to us."""

from __future__ import annotations

import base64
import binascii
import json
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.fakes.graph_mailbox import FOLDERS, Item, Mailbox, folder_id
from tests.fakes.graph_subscriptions import Subscriptions
from tests.fakes.graph_tokens import CLIENT_ID, CLIENT_SECRET, Tokens
from tests.fakes.loopback import HOST

MAILBOX = "maya@acme.example"
MAXIMUM_REQUEST = 4 * 1024 * 1024
_IMMUTABLE = 'IdType="ImmutableId"'


@dataclass(frozen=True)
class Failure:
    """An answer that is no success."""

    status: int
    code: str = ""
    message: str = "refused"
    headers: dict[str, str] = field(default_factory=dict)


ACCEPT_THEN_CUT = "sends, then cuts without a word"
LOSE_AND_CUT = "loses it, then cuts without a word"
KEEP_AND_CUT = "does nothing, and cuts without a word"
ANSWER_THEN_CUT = "sends, answers, then cuts"
HANG = "sends and never answers"


class FakeGraph:
    """`on_send` and `on_draft` map a recipient (or `*`) to a Failure or one of the twists above; `next` has answers for the
    next requests whose method and path begin so."""

    def __init__(
        self,
        port: int = 0,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        address: str = MAILBOX,
    ) -> None:
        self.mailbox, self.tokens = Mailbox(address, now), Tokens(now)
        self.subscriptions = Subscriptions(now)
        self.on_send: dict[str, Failure | str] = {}
        self.on_draft: dict[str, Failure | str] = {}
        self.next: list[tuple[str, Failure]] = []
        self.on_everything: Failure | None = None
        #: Folders of which it forgot how far they were read.
        self.forgotten: set[str] = set()
        self.requests: list[str] = []
        self.sent: list[Item] = []
        self.stopping = Event()
        self._server = _Server(self, port)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.base_url = f"http://{HOST}:{self._server.server_port}"
        self.base_urls = {"graph": self.base_url, "microsoft_accounts": self.base_url}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def credentials(self) -> dict[str, Any]:
        """What signing in gives."""
        given = self.tokens.given()
        return {
            "mailbox": self.mailbox.address,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": given["refresh_token"],
            "access_token": given["access_token"],
            "expires_at": self.tokens.access[given["access_token"]].timestamp(),
        }

    def asked(self, beginning: str) -> int:
        """How many requests began so."""
        return sum(request.startswith(beginning) for request in self.requests)

    def receive(self, mime: bytes, folder: str = "inbox") -> Item:
        """Mail arrives, and whoever subscribed will be told."""
        item = self.mailbox.put(mime, folder)
        self.subscriptions.tell(folder, item)
        return item


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeGraph, port: int) -> None:
        self.fake = fake
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is expected here; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def fake(self) -> FakeGraph:
        assert isinstance(self.server, _Server)
        return self.server.fake

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        return

    def do_GET(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def do_PATCH(self) -> None:
        self._take()

    def do_DELETE(self) -> None:
        self._take()

    def _take(self) -> None:
        parts = urlsplit(self.path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.fake.requests.append(f"{self.command} {parts.path}")
        if "/oauth2/v2.0/" in parts.path:
            self._sign_in(parts.path)
        elif (failure := self._failure(parts.path)) is not None:
            self._fail(failure)
        else:
            self._graph([unquote(one) for one in parts.path.split("/")[2:]])

    def _failure(self, path: str) -> Failure | None:
        if self.fake.on_everything is not None:
            return self.fake.on_everything
        if not self.fake.tokens.is_good(self.headers.get("Authorization") or ""):
            return Failure(
                401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."
            )
        for planned in self.fake.next:
            if f"{self.command} {path.removeprefix('/v1.0')}".startswith(planned[0]):
                self.fake.next.remove(planned)
                return planned[1]
        if len(self.body) > MAXIMUM_REQUEST:
            return Failure(413, "RequestBodyTooLarge", "The maximum request length supported is 4MB.")
        if "/messages" in path and _IMMUTABLE not in (self.headers.get("Prefer") or ""):
            return Failure(400, "ErrorInvalidIdMalformed", "This fake knows immutable ids only.")
        return None

    def _sign_in(self, path: str) -> None:
        if path.endswith("/authorize"):
            self._answer(302, {}, {"Location": self.fake.tokens.authorized(self.query)})
        else:
            fields = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
            self._answer(*self.fake.tokens.asked(fields))

    def _graph(self, path: list[str]) -> None:
        match self.command, path:
            case "GET", ["me"]:
                address = self.fake.mailbox.address
                self._answer(200, {"mail": address, "userPrincipalName": address})
            case "GET", ["me", "mailFolders", name] if name in FOLDERS:
                self._answer(200, {"id": folder_id(name)})
            case "GET", ["me", "mailFolders", name, "messages"]:
                self._list(name)
            case "GET", ["me", "mailFolders", name, "messages", "delta"]:
                self._delta(name)
            case "POST", ["me", "messages"]:
                self._draft()
            case _, ["me", "messages", message_id, *more]:
                self._message(self.fake.mailbox.items.get(message_id), more)
            case method, ["subscriptions", *more]:
                status, content = self.fake.subscriptions.asked(method, more, self.body)
                self._answer(status, content)
            case _:
                self._fail(Failure(404, "ResourceNotFound", "Resource not found."))

    def _message(self, item: Item | None, more: list[str]) -> None:
        if item is None or not item.folder:
            self._fail(Failure(404, "ErrorItemNotFound", "The specified object was not found in the store."))
        elif self.command == "POST" and more == ["send"]:
            self._send(item)
        elif self.command == "DELETE":
            self.fake.mailbox.move(item, "deleteditems")
            self._write(204, b"")
        elif more == ["$value"]:
            self._write(200, item.mime, {"Content-Type": "text/plain"})
        else:
            self._answer(200, item.shown())

    def _draft(self) -> None:
        try:
            mime = base64.b64decode(self.body, validate=True)
        except binascii.Error:
            self._fail(
                Failure(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
            )
            return
        item = Item("", mime, "", self.fake.mailbox.now(), "", "")
        rule = self.fake.on_draft.get(item.to) or self.fake.on_draft.get("*")
        if isinstance(rule, Failure):
            self._fail(rule)
            return
        item = self.fake.mailbox.put(mime, "drafts")
        if rule is None:
            self._answer(201, item.shown())
            return
        if rule == HANG:
            self.fake.stopping.wait(30)
        self.close_connection = True

    def _send(self, item: Item) -> None:
        rule = self.fake.on_send.get(item.to) or self.fake.on_send.get("*")
        if isinstance(rule, Failure):
            self._fail(rule)
        elif not item.is_draft:
            self._fail(Failure(400, "ErrorItemNotDraft", "It was sent already."))
        elif "@" not in item.to:
            self._fail(Failure(400, "ErrorInvalidRecipients", "At least one recipient is not valid."))
        else:
            self._go(item, rule)

    def _go(self, item: Item, rule: str | None) -> None:
        if rule == LOSE_AND_CUT:
            self.fake.mailbox.move(item, "")
        elif rule != KEEP_AND_CUT:
            self.fake.mailbox.file_sent(item)
            self.fake.sent.append(item)
            self.fake.subscriptions.tell("sentitems", item)
        if rule is None:
            self._write(202, b"")
            return
        if rule == ANSWER_THEN_CUT:
            self._answer_and_cut()
        if rule == HANG:
            self.fake.stopping.wait(30)
        self.close_connection = True

    def _answer_and_cut(self) -> None:
        """Answer and end in one segment, so that nobody can slip a request in between."""
        with suppress(AttributeError):  # only Linux can cork; elsewhere the gap is short
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self._write(202, b"")
        self.connection.shutdown(socket.SHUT_WR)

    def _list(self, folder: str) -> None:
        found = self.fake.mailbox.of(folder)
        wanted = self.query.get("$filter", "")
        if wanted.startswith("internetMessageId eq "):
            named = wanted.removeprefix("internetMessageId eq ")[2:-2].replace("''", "'")
            found = [one for one in found if one.message_id == named]
        elif wanted.startswith("receivedDateTime ge "):
            found = [one for one in found if one.received_at >= _moment(wanted.rsplit(" ", 1)[1])]
        start = int(self.query.get("$skip", "0"))
        more = {name: value for name, value in self.query.items() if name != "$skip"}
        content: dict[str, Any] = {"value": [one.shown() for one in found[start : start + self._page]]}
        if len(found) > start + self._page:
            content["@odata.nextLink"] = self._link(**more, **{"$skip": str(start + self._page)})
        self._answer(200, content)

    def _delta(self, folder: str) -> None:
        token = self.query.get("$deltatoken") or self.query.get("$skiptoken")
        if token and folder in self.fake.forgotten:
            self.fake.forgotten.discard(folder)
            self._fail(Failure(410, "SyncStateNotFound", "The sync state generation is not found."))
            return
        mark = len(self.fake.mailbox.changes[folder])
        if token:
            state = json.loads(base64.urlsafe_b64decode(token))
        else:
            since = self.query.get("$filter", " 0001-01-01T00:00:00Z").rsplit(" ", 1)[1]
            state = {
                "from": None,
                "to": mark,
                "at": 0,
                "since": since,
                "change": self.query.get("changeType", ""),
            }
        found = self._changed(folder, state)
        start, end = state["at"], state["at"] + self._page
        content: dict[str, Any] = {"value": found[start:end]}
        if len(found) > end:
            content["@odata.nextLink"] = self._link(**{"$skiptoken": _token({**state, "at": end})})
        else:
            following = {**state, "from": state["to"], "to": None, "at": 0}
            content["@odata.deltaLink"] = self._link(**{"$deltatoken": _token(following)})
        self._answer(200, content)

    def _changed(self, folder: str, state: dict[str, Any]) -> list[dict[str, Any]]:
        mailbox, since = self.fake.mailbox, _moment(state["since"])
        if state["from"] is None:
            return [one.shown() for one in mailbox.of(folder) if one.received_at >= since]
        if state["to"] is None:
            state["to"] = len(mailbox.changes[folder])
        told = mailbox.changed(folder, state["from"], state["to"], state["change"])
        return [one for one in told if "@removed" in one or _moment(one["receivedDateTime"]) >= since]

    @property
    def _page(self) -> int:
        _, _, told = (self.headers.get("Prefer") or "").partition("odata.maxpagesize=")
        return int(self.query.get("$top") or told or 10)

    def _link(self, **query: str) -> str:
        path = urlsplit(self.path).path
        return f"{self.fake.base_url}{path}?" + "&".join(
            f"{name}={quote(value)}" for name, value in query.items()
        )

    def _fail(self, failure: Failure) -> None:
        inner = {"date": "2026-03-03T16:00:00", "request-id": "0000"}
        error = {"code": failure.code, "message": failure.message, "innerError": inner}
        self._answer(failure.status, {"error": error}, failure.headers)

    def _answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        self._write(
            status, json.dumps(content).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    def _write(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _token(state: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
