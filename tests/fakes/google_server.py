"""What Google answers on loopback, asked over HTTP; what it knows is in `google.FakeGoogle`."""

from __future__ import annotations

import base64
import json
import secrets
import socket
import sys
from contextlib import suppress
from email import message_from_bytes
from email.utils import parseaddr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.fakes.google import (
    ANSWER_THEN_CUT,
    CLIENT_ID,
    CLIENT_SECRET,
    HANG,
    LOSE_AND_CUT,
    Failure,
    FakeGoogle,
    Mail,
)
from tests.fakes.loopback import HOST


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeGoogle) -> None:
        self.fake = fake
        super().__init__((HOST, 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is expected here; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def fake(self) -> FakeGoogle:
        assert isinstance(self.server, Server)
        return self.server.fake

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.fake.lock:
            self.fake.requests.append(("POST", self.path))
        path = urlsplit(self.path).path
        if path == "/o/oauth2/token":
            self._tokens({name: values[0] for name, values in parse_qs(body.decode()).items()})
        elif self._is_let_in():
            self._do(path.removeprefix("/upload").removeprefix("/gmail/v1/users/me"), body)

    def do_GET(self) -> None:
        with self.fake.lock:
            self.fake.requests.append(("GET", self.path))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/o/oauth2/v2/auth":
            self._authorize(query)
        elif parts.path == "/oauth2/v3/certs":
            self._answer(200, {"keys": [self.fake.key.as_dict(private=False)]})
        elif self._is_let_in():
            self._show(parts.path.removeprefix("/gmail/v1/users/me"), query)

    def _authorize(self, query: dict[str, str]) -> None:
        """As if the person allowed it at once."""
        code = secrets.token_urlsafe(8)
        self.fake.codes[code] = query
        back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        self.send_response(302)
        self.send_header("Location", back)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _tokens(self, form: dict[str, str]) -> None:
        fake = self.fake
        rule = fake.on.get(("token", "*"))
        if isinstance(rule, Failure):
            return self._answer(rule.status, {"error": rule.reason, "error_description": rule.message})
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return self._answer(
                401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
            )
        with fake.lock:
            told: dict[str, Any] = {"expires_in": 3599, "scope": fake.scope, "token_type": "Bearer"}
            if form["grant_type"] == "authorization_code":
                asked = fake.codes.pop(form.get("code", ""), None)
                if asked is None or not _is_proven(asked, form.get("code_verifier", "")):
                    return self._answer(
                        400, {"error": "invalid_grant", "error_description": "Malformed auth code."}
                    )
                told["refresh_token"] = fake._token(fake.refresh)
                if fake.refresh_ends_in:
                    told["refresh_token_expires_in"] = fake.refresh_ends_in
            elif form.get("refresh_token") not in fake.refresh:
                return self._answer(
                    400, {"error": "invalid_grant", "error_description": "Token has been revoked."}
                )
            told["access_token"] = secrets.token_urlsafe(16)
            fake.access[told["access_token"]] = fake.now() + 3599
            return self._answer(200, told)

    def _is_let_in(self) -> bool:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.fake.access.get(token, 0) > self.fake.now():
            return True
        self._fail(Failure(401, "authError", "Invalid Credentials"))
        return False

    def _do(self, path: str, body: bytes) -> None:
        if path == "/watch":
            with self.fake.lock:
                self.fake.watches += 1
            return self._carried_out(
                "watch",
                "*",
                lambda: {"historyId": "1", "expiration": str(int((self.fake.now() + 7 * 86400) * 1000))},
            )
        if path == "/stop":
            self.fake.watches = 0
            return self._carried_out("stop", "*", dict)
        if path == "/drafts/send":
            draft_id = json.loads(body)["id"]
            mail = self.fake.mails.get(self.fake.drafts.get(draft_id, ""))
            if mail is None:
                return self._fail(Failure(404, "notFound", "Requested entity was not found."))
            return self._carried_out("send", mail.to, lambda: self.fake.send_draft(draft_id))
        told, raw = _draft_of(self.headers.get("Content-Type", ""), body)
        to = parseaddr(str(message_from_bytes(raw)["To"]))[1]
        thread = str(told.get("threadId") or "")
        return self._carried_out("draft", to, lambda: self.fake.create_draft(raw, thread))

    def _show(self, path: str, query: dict[str, str]) -> None:
        what, _, named = path.strip("/").partition("/")
        if what == "history":
            return self._history(query)
        with self.fake.lock:
            told = self._told(what, named, query)
        if told is None:
            return self._fail(Failure(404, "notFound"))
        return self._carried_out(what, "*", lambda: told)

    def _told(self, what: str, named: str, query: dict[str, str]) -> dict[str, Any] | None:
        """What is there under a name, or what a search finds; None for nothing."""
        fake = self.fake
        if what == "profile":
            return {"emailAddress": fake.mailbox, "historyId": str(fake._count)}
        if what == "threads":
            mails = [fake.shown(one, "metadata") for one in fake.mails.values() if one.thread == named]
            return {"id": named, "messages": mails} if mails else None
        if named:
            is_there = named in (fake.drafts if what == "drafts" else fake.mails)
            show = (
                fake._draft
                if what == "drafts"
                else lambda one: fake.shown(fake.mails[one], query.get("format", "full"))
            )
            return show(named) if is_there else None
        found = fake.searched(query["q"])
        if what == "messages":
            return _page([{"id": one.id, "threadId": one.thread} for one in found], "messages", query)
        drafts = {mail_id: draft_id for draft_id, mail_id in fake.drafts.items()}
        return {"drafts": [fake._draft(drafts[one.id]) for one in found if one.id in drafts]}

    def _history(self, query: dict[str, str]) -> None:
        start = int(query["startHistoryId"])
        if start < self.fake.oldest_history:
            return self._fail(Failure(404, "notFound"))
        changes = [
            {"id": str(number), "messagesAdded": [{"message": _listed(self.fake.mails[mail_id])}]}
            for number, mail_id in self.fake.history
            if number > start and mail_id in self.fake.mails
        ]
        told = _page(changes, "history", query)
        return self._carried_out("history", "*", lambda: {**told, "historyId": str(self.fake._count)})

    def _carried_out(self, what: str, to: str, act: Any) -> None:
        rule = self.fake.on.get((what, to)) or self.fake.on.get((what, "*"))
        if isinstance(rule, Failure):
            return self._fail(rule)
        with self.fake.lock:
            told = act() if rule != LOSE_AND_CUT else {}
        if rule is None:
            return self._answer(200, told)
        if rule == ANSWER_THEN_CUT:
            with suppress(AttributeError):  # only Linux can cork; elsewhere the gap is short
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            self._answer(200, told)
            self.connection.shutdown(socket.SHUT_WR)
        if rule == HANG:
            self.fake.stopping.wait(30)
        self.close_connection = True
        return None

    def _fail(self, failure: Failure) -> None:
        error = {
            "code": failure.status, "message": failure.message,
            "errors": [{"reason": failure.reason, "message": failure.message}],
        }  # fmt: skip
        self._answer(failure.status, {"error": error}, failure.headers)

    def _answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _listed(mail: Mail) -> dict[str, Any]:
    return {"id": mail.id, "threadId": mail.thread, "labelIds": sorted(mail.labels)}


def _page(listed: list[dict[str, Any]], name: str, query: dict[str, str]) -> dict[str, Any]:
    start, size = int(query.get("pageToken", "0")), int(query.get("maxResults", "100"))
    told: dict[str, Any] = {name: listed[start : start + size]}
    if len(listed) > start + size:
        told["nextPageToken"] = str(start + size)
    return told


def _draft_of(content_type: str, body: bytes) -> tuple[dict[str, Any], bytes]:
    """What a request for a draft says, and its message: in the JSON, or behind it (multipart/related)."""
    if not content_type.startswith("multipart/related"):
        told = json.loads(body)["message"]
        return told, base64.urlsafe_b64decode(told["raw"])
    whole = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    first, _ = whole.get_payload()  # type: ignore[misc]
    told = json.loads(first.get_payload(decode=True) or b"{}")["message"]  # type: ignore[union-attr]
    boundary = whole.get_boundary() or ""
    raw = body.split(f"--{boundary}".encode())[2].split(b"\n\n", 1)[1].removesuffix(b"\n")
    return told, raw


def _is_proven(asked: dict[str, str], verifier: str) -> bool:
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    return create_s256_code_challenge(verifier) == asked.get("code_challenge")
