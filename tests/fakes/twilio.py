"""Twilio's messages API on loopback, and its webhooks with real signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.fakes.loopback import HOST

ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "not-a-real-token-0123456789abcdef"
NUMBER = "+13035550142"


@dataclass(frozen=True)
class Failure:
    """An HTTP answer that is no success. `code` is Twilio's own error number."""

    status: int
    code: int = 0
    message: str = "refused"
    headers: dict[str, str] = field(default_factory=dict)


ACCEPT_THEN_CUT = "accepts, then cuts without a word"
LOSE_AND_CUT = "drops it, then cuts without a word"
ANSWER_THEN_CUT = "accepts, answers, then cuts"
HANG = "accepts and never answers"


class FakeTwilio:
    """`on_send` maps a number (or `*`) to a Failure or one of the twists above."""

    def __init__(self, port: int = 0) -> None:
        self.messages: list[dict[str, str]] = []
        self.media: dict[str, tuple[str, bytes]] = {}
        self.on_send: dict[str, Failure | str] = {}
        self.on_everything: Failure | None = None
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.page_size = 50
        self.stopping = Event()
        self.lock = Lock()
        self._server = _Server(self, port)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.base_url = f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def keep(self, fields: dict[str, str], created_at: datetime | None = None) -> dict[str, str]:
        """Take a message into the account; the resource as the API shows it."""
        with self.lock:
            sid = f"SM{len(self.messages) + 1:032x}"
            moment = format_datetime(created_at or datetime.now(UTC))
            resource = {
                "sid": sid,
                "to": fields.get("To", ""),
                "from": fields.get("From") or NUMBER,
                "messaging_service_sid": fields.get("MessagingServiceSid") or "",
                "body": fields.get("Body", ""),
                "status": "queued",
                "direction": "outbound-api",
                "num_segments": "1",
                "date_created": moment,
                "date_sent": moment,
            }
            self.messages.append(resource)
            return resource


def signature(url: str, fields: dict[str, str], token: str = AUTH_TOKEN) -> str:
    """X-Twilio-Signature of a form call."""
    content = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.digest(token.encode(), content.encode(), "sha1")).decode()


def form_call(url: str, fields: dict[str, str], token: str = AUTH_TOKEN) -> tuple[dict[str, str], bytes]:
    """Headers and body of a signed webhook call to `url`."""
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
        "x-twilio-signature": signature(url, fields, token),
        "i-twilio-idempotency-token": hashlib.sha256(urlencode(fields).encode()).hexdigest()[:36],
    }
    return headers, urlencode(fields).encode()


def json_call(url: str, content: object, token: str = AUTH_TOKEN) -> tuple[str, dict[str, str], bytes]:
    """URL with `bodySHA256`, headers and body of a signed JSON call."""
    body = json.dumps(content).encode()
    signed = f"{url}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    mac = base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()
    return signed, {"content-type": "application/json", "x-twilio-signature": mac}, body


def inbound(text: str, *, sender: str, to: str = NUMBER, sid: str = "", **more: str) -> dict[str, str]:
    """The fields of an inbound text."""
    sid = sid or "SM" + hashlib.md5(f"{sender}{text}{time.monotonic_ns()}".encode()).hexdigest()  # noqa: S324
    return {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "AccountSid": ACCOUNT_SID,
        "From": sender,
        "To": to,
        "Body": text,
        "NumMedia": "0",
        "NumSegments": "1",
        **more,
    }


def status_callback(sid: str, status: str, *, to: str, error: str = "") -> dict[str, str]:
    """The fields of a status callback."""
    fields = {
        "MessageSid": sid,
        "SmsSid": sid,
        "MessageStatus": status,
        "SmsStatus": status,
        "AccountSid": ACCOUNT_SID,
        "From": NUMBER,
        "To": to,
    }
    return {**fields, "ErrorCode": error} if error else fields


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeTwilio, port: int) -> None:
        self.fake = fake
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is expected here; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def fake(self) -> FakeTwilio:
        assert isinstance(self.server, _Server)
        return self.server.fake

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fields = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        self.fake.requests.append(("POST", self.path, fields))
        if self._is_refused():
            return
        rule = self.fake.on_send.get(fields.get("To", "")) or self.fake.on_send.get("*")
        if isinstance(rule, Failure):
            self._fail(rule)
        elif rule is None:
            self._answer(201, self.fake.keep(fields))
        else:
            self._twist(rule, fields)

    def do_GET(self) -> None:
        self.fake.requests.append(("GET", self.path, {}))
        if self._is_refused():
            return
        parts = urlsplit(self.path)
        if parts.path in self.fake.media:
            self._media(*self.fake.media[parts.path])
        elif parts.path.endswith("/Messages.json"):
            self._list({name: values[0] for name, values in parse_qs(parts.query).items()})
        else:
            self._answer(200, {"sid": ACCOUNT_SID, "status": "active", "friendly_name": "Acme"})

    def _is_refused(self) -> bool:
        if self.fake.on_everything:
            self._fail(self.fake.on_everything)
            return True
        expected = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self._fail(Failure(401, 20003, "Authenticate"))
            return True
        return False

    def _twist(self, rule: str, fields: dict[str, str]) -> None:
        if rule != LOSE_AND_CUT:
            self.fake.keep(fields)
        if rule == ANSWER_THEN_CUT:
            self._answer_and_cut(self.fake.messages[-1])
        if rule == HANG:
            self.fake.stopping.wait(30)
        self.close_connection = True

    def _answer_and_cut(self, content: object) -> None:
        """Answer and end in one segment, so that nobody can slip a request in between."""
        with suppress(AttributeError):  # only Linux can cork; elsewhere the gap is short
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self._answer(201, content)
        self.connection.shutdown(socket.SHUT_WR)

    def _list(self, query: dict[str, str]) -> None:
        since = query.get("DateSent>", "0001-01-01")
        found = [
            message
            for message in reversed(self.fake.messages)
            if query.get("To") in (None, message["to"])
            and query.get("From") in (None, message["from"])
            and _day(message["date_sent"]) >= since
        ]
        page = int(query.get("Page", "0"))
        start = page * self.fake.page_size
        following = {**query, "Page": str(page + 1)}
        more = (
            f"{urlsplit(self.path).path}?{urlencode(following)}"
            if len(found) > start + self.fake.page_size
            else None
        )
        self._answer(200, {"messages": found[start : start + self.fake.page_size], "next_page_uri": more})

    def _media(self, content_type: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _fail(self, failure: Failure) -> None:
        content = {"code": failure.code, "message": failure.message, "status": failure.status}
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


def _day(moment: str) -> str:
    return datetime.strptime(moment, "%a, %d %b %Y %H:%M:%S %z").strftime("%Y-%m-%d")
