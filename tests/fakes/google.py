"""Google on loopback: its sign-in, the part of Gmail's API that mail needs, and signed Pub/Sub notifications."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from email.utils import parseaddr
from threading import Event, RLock, Thread
from typing import Any, Self

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
        from tests.fakes.google_server import Server  # it answers with what is here

        self._server = Server(self)
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
