"""Google on loopback: its sign-in, the part of Gmail's API that mail needs, and signed Pub/Sub notifications."""

from __future__ import annotations

import base64
import json
import secrets
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.utils import parseaddr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, RLock, Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from loumass.providers.gmail.credentials import MODIFY
from tests.fakes.loopback import HOST

CLIENT_ID, CLIENT_SECRET = "12345.apps.example", "not-a-real-secret"
PUSHER, TOPIC = "pusher@acme-mail.iam.example", "projects/acme-mail/topics/gmail"


@dataclass(frozen=True)
class Failure:
    """An answer that is no success, with Google's own reason."""

    status: int
    reason: str = ""
    message: str = "Refused."
    headers: dict[str, str] = field(default_factory=dict)


HANG = "does it and never answers"
ACCEPT_THEN_CUT = "does it, then cuts without a word"
LOSE_AND_CUT = "drops it, then cuts without a word"
ANSWER_THEN_CUT = "does it, answers, then cuts"


@dataclass
class Mail:
    """One message of the mailbox, a draft or a mail."""

    id: str
    thread: str
    raw: bytes
    labels: set[str]
    at: float

    @property
    def header(self) -> dict[str, str]:
        """Its headers, by lower-case name."""
        return {name.lower(): str(value) for name, value in message_from_bytes(self.raw).items()}

    @property
    def to(self) -> str:
        """Whom it goes to, bare."""
        return parseaddr(self.header.get("to", ""))[1]


class FakeGoogle:
    """One account with one mailbox. `on` maps (what, recipient or `*`) to a Failure or a twist, what being `draft`, `send`, ..."""

    def __init__(self, mailbox: str = "maya@acme.example") -> None:
        self.mailbox = mailbox
        self.mails: dict[str, Mail] = {}
        self.drafts: dict[str, str] = {}
        self.history: list[tuple[int, str]] = []
        self.oldest_history = 1
        self.on: dict[tuple[str, str], Failure | str] = {}
        self.requests: list[tuple[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.access: dict[str, float] = {}
        self.refresh: set[str] = set()
        self.scope = MODIFY
        self.refresh_ends_in: int | None = None
        self.replaces_message_ids = False
        self.watches = 0
        self.now = time.time
        self.stopping, self.lock = Event(), RLock()
        self.key = RSAKey.generate_key(2048, {"kid": "key-1", "use": "sig", "alg": "RS256"}, private=True)
        self._count = 100
        self._server = _Server(self)
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

    @property
    def base_urls(self) -> dict[str, str]:
        """What an installation sets to come here."""
        return {"gmail": self.base_url, "google_accounts": self.base_url}

    @property
    def sent(self) -> list[Mail]:
        """What went out, in order."""
        return [mail for mail in self.mails.values() if "SENT" in mail.labels]

    def signed_in(self) -> dict[str, Any]:
        """Credentials of a mailbox that signed in, as the provider keeps them."""
        with self.lock:
            token = self._token(self.refresh)
            return {
                "mailbox": self.mailbox, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
                "refresh_token": token, "topic": TOPIC, "pusher": PUSHER,
            }  # fmt: skip

    def arrives(self, raw: bytes, *, labels: tuple[str, ...] = ("INBOX", "UNREAD"), thread: str = "") -> Mail:
        """A mail comes into the mailbox."""
        with self.lock:
            return self.file(raw, set(labels), thread or self._next("t"))

    def file(self, raw: bytes, labels: set[str], thread: str) -> Mail:
        """Put a message into the mailbox."""
        mail = Mail(self._next("m"), thread, raw, labels, self.now())
        self.mails[mail.id] = mail
        self.history.append((self._count, mail.id))
        return mail

    def forget_history(self) -> None:
        """What came so far is not in the history any more."""
        self.oldest_history = self._count + 1
        self._count += 1

    def revoke(self) -> None:
        """The person takes our access away."""
        with self.lock:
            self.refresh.clear()
            self.access.clear()

    def notification(
        self, audience: str, *, message_id: str = "n-1", **claims: Any
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a push call."""
        data = json.dumps({"emailAddress": self.mailbox, "historyId": self._count}).encode()
        body = {
            "message": {"data": base64.urlsafe_b64encode(data).decode(), "messageId": message_id},
            "subscription": "s",
        }
        told = {
            "iss": "https://accounts.google.com", "aud": audience, "email": PUSHER, "email_verified": True,
            "iat": int(self.now()), "exp": int(self.now()) + 3600, **claims,
        }  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "key-1"}, told, self.key)
        return {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "user-agent": "APIs-Google",
        }, json.dumps(body).encode()

    def _next(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count:x}"

    def _token(self, kept: set[str]) -> str:
        token = secrets.token_urlsafe(16)
        kept.add(token)
        return token

    # What the API does, each under the lock.

    def create_draft(self, raw: bytes, thread: str) -> dict[str, Any]:
        """A new draft."""
        mail = Mail(self._next("m"), thread or self._next("t"), raw, {"DRAFT"}, self.now())
        draft_id = self._next("r")
        self.mails[mail.id] = mail
        self.drafts[draft_id] = mail.id
        return self._draft(draft_id)

    def _draft(self, draft_id: str) -> dict[str, Any]:
        mail = self.mails[self.drafts[draft_id]]
        return {"id": draft_id, "message": {"id": mail.id, "threadId": mail.thread, "labelIds": ["DRAFT"]}}

    def send_draft(self, draft_id: str) -> dict[str, Any]:
        """It goes: the draft is no more, the thread stays."""
        draft = self.mails.pop(self.drafts.pop(draft_id))
        raw = draft.raw
        if self.replaces_message_ids:
            own = draft.header["message-id"]
            raw = raw.replace(
                f"Message-ID: {own}".encode(),
                f"Message-ID: <CA{draft.id}@mail.gmail.example>\r\nX-Google-Original-Message-ID: {own}".encode(),
            )
        sent = self.file(raw, {"SENT"}, draft.thread)
        return {"id": sent.id, "threadId": sent.thread, "labelIds": ["SENT"]}

    def shown(self, mail: Mail, form: str) -> dict[str, Any]:
        """A message as the API shows it."""
        told: dict[str, Any] = {
            "id": mail.id, "threadId": mail.thread, "labelIds": sorted(mail.labels),
            "internalDate": str(int(mail.at * 1000)),
        }  # fmt: skip
        if form == "raw":
            told["raw"] = base64.urlsafe_b64encode(mail.raw).rstrip(b"=").decode()
        else:
            listed = message_from_bytes(mail.raw).items()
            told["payload"] = {"headers": [{"name": name, "value": str(value)} for name, value in listed]}
        return told

    def searched(self, query: str) -> list[Mail]:
        """What Gmail's search finds, of the few words that we use."""
        word = query.split(maxsplit=1)[0]
        if word.startswith("rfc822msgid:"):
            wanted = word.removeprefix("rfc822msgid:")
            return [
                mail
                for mail in self.mails.values()
                if mail.header.get("message-id", "").strip("<>") == wanted
            ]
        since = float(word.removeprefix("after:"))
        return [mail for mail in self.mails.values() if mail.at >= since and "DRAFT" not in mail.labels]


class _Server(ThreadingHTTPServer):
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
        assert isinstance(self.server, _Server)
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
