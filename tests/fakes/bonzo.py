"""Bonzo's prospects and messages on loopback, and what it calls us with."""

from __future__ import annotations

import json
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.fakes.loopback import HOST

TOKEN = "not-a-real-bonzo-token"
NUMBER = "+13035550177"
ACCEPT_THEN_CUT = "accepts, then cuts without a word"
LOSE_AND_CUT = "drops it, then cuts without a word"
ANSWER_THEN_CUT = "accepts, answers, then cuts"
HANG = "accepts and never answers"


@dataclass(frozen=True)
class Failure:
    """An HTTP answer that is no success, with Laravel's errors by field."""

    status: int
    message: str = "The given data was invalid."
    errors: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class FakeBonzo:
    """`on_send` maps a number (or `*`) to a Failure or one of the twists above; `on_lookup` fails every GET.

    `prospects` and `messages` are what the account holds, by id and in order; `requests` what was asked. With
    `lists_messages` off there is no list of messages, as in accounts whose API has none.
    """

    def __init__(self, port: int = 0) -> None:
        self.prospects: dict[str, dict[str, Any]] = {}
        self.messages: list[dict[str, Any]] = []
        self.on_send: dict[str, Failure | str] = {}
        self.on_lookup: Failure | None = None
        self.lists_messages = True
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.on_behalf_of: list[str] = []
        self.stopping = Event()
        self.lock = Lock()
        self._server = _Server(self, port)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.base_url = f"http://{HOST}:{self._server.server_port}/api"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def knows(self, phone: str, **more: Any) -> dict[str, Any]:
        """The prospect with this number, made when there is none."""
        with self.lock:
            found = next((one for one in self.prospects.values() if one["phone"] == phone), None)
            if found is None:
                number = 4000 + len(self.prospects)
                found = {"id": number, "phone": phone, "first_name": "", "dnc": False}
                self.prospects[str(number)] = found
            found.update(more)
            return found

    def keep(self, told: dict[str, Any], created_at: datetime | None = None) -> dict[str, Any]:
        """Take a text into the account; what the API answers."""
        prospect = self.knows(str(told.get("phone")))
        if told.get("first_name"):
            prospect["first_name"] = told["first_name"]
        with self.lock:
            moment = created_at or datetime.now(UTC)
            message = {
                "id": 90_000 + len(self.messages),
                "prospect_id": prospect["id"],
                "to": prospect["phone"],
                "content": told.get("message", ""),
                "direction": "outgoing",
                "status": "queued",
                "created_at": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            }
            self.messages.append(message)
            return {"data": {**prospect, "message": message}}


def event(name: str, prospect: dict[str, Any], resource: dict[str, Any] | None = None) -> bytes:
    """The body of an event hook's call."""
    return json.dumps({"event": name, "prospect": prospect, "resource": resource}).encode()


def prospect(phone: str = "+17205550164", **more: Any) -> dict[str, Any]:
    """A prospect as events show it."""
    told = {"id": 4711, "full_name": "Jane Doe", "phone": phone, "status": "active", "dnc": False}
    return {**told, "updated_at": "2026-03-02T10:43:40.000000Z", **more}


def text(content: str, number: int = 501, **more: Any) -> dict[str, Any]:
    """An inbound message as events show it."""
    return {"id": number, "direction": "incoming", "content": content, **more}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeBonzo, port: int) -> None:
        self.fake = fake
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is expected here; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def fake(self) -> FakeBonzo:
        assert isinstance(self.server, _Server)
        return self.server.fake

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = json.loads(body)
        self.fake.requests.append(("POST", self.path, told))
        self.fake.on_behalf_of.append(self.headers.get("On-Behalf-Of", ""))
        if self._is_refused():
            return
        is_known = self.path == "/api/v3/prospects/create-or-update-and-message"
        rule = self.fake.on_send.get(str(told.get("phone"))) or self.fake.on_send.get("*")
        if not is_known or isinstance(rule, Failure):
            self._fail(rule if is_known and isinstance(rule, Failure) else Failure(404, "Not Found"))
        elif rule is None:
            self._answer(201, self.fake.keep(told))
        else:
            self._twist(rule, told)

    def do_GET(self) -> None:
        self.fake.requests.append(("GET", self.path, {}))
        if self._is_refused():
            return None
        if self.fake.on_lookup:
            return self._fail(self.fake.on_lookup)
        parts = urlsplit(self.path)
        names = parts.path.removeprefix("/api/v3/prospects").strip("/").split("/")
        if names == [""]:
            return self._search({name: values[0] for name, values in parse_qs(parts.query).items()})
        known = self.fake.prospects.get(names[0])
        if known is None or (names[1:] and not self.fake.lists_messages):
            return self._fail(Failure(404, "Not Found"))
        if names[1:] == ["messages"]:
            found = [one for one in reversed(self.fake.messages) if one["prospect_id"] == known["id"]]
            return self._answer(200, {"data": found, "meta": {"total": len(found)}})
        return self._answer(200, {"data": known})

    def _search(self, query: dict[str, str]) -> None:
        wanted = query.get("search", "").lstrip("+")
        found = [one for one in self.fake.prospects.values() if wanted in str(one["phone"])]
        self._answer(200, {"data": found[: int(query.get("per_page", "15"))], "meta": {"total": len(found)}})

    def _is_refused(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return False
        self._fail(Failure(401, "Unauthenticated."))
        return True

    def _twist(self, rule: str, told: dict[str, Any]) -> None:
        answer = self.fake.keep(told) if rule != LOSE_AND_CUT else {}
        if rule == ANSWER_THEN_CUT:
            with suppress(AttributeError):  # only Linux can cork; elsewhere the gap is short
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            self._answer(201, answer)
            self.connection.shutdown(socket.SHUT_WR)
        if rule == HANG:
            self.fake.stopping.wait(30)
        self.close_connection = True

    def _fail(self, failure: Failure) -> None:
        content = {"message": failure.message, "errors": failure.errors}
        self._answer(failure.status, content, failure.headers)

    def _answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
