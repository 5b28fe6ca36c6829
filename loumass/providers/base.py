"""What every provider offers. Plain values in, plain values out: no database, no Flask."""

from __future__ import annotations

import re
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

import httpx2

from loumass.core import network
from loumass.providers.credentials import Credentials
from loumass.providers.errors import (
    Disconnected,
    Forged,
    NotSent,
    Outcome,
    ProviderError,
    Rejected,
    Sent,
    Throttled,
    Unavailable,
)
from loumass.providers.events import Attachment, Media, ProviderEvent
from loumass.providers.oauth import SignedIn, SignIn

_CONTROL = re.compile("[\x00-\x1f\x7f]")


class Capability(StrEnum):
    """What a provider can do beyond sending."""

    POLLED = "polled"  # fetch() brings what arrived
    HOOKS = "hooks"  # the vendor calls us: verify(), identity(), answer()
    FINDS = "finds"  # find() can settle a send in doubt
    NEEDS_SENT = "needs sent"  # fetch() is given the records of what was sent, right after it was
    DRAFTS = "drafts"  # draft() stores a message at the vendor before send() sends it: a crash can be settled
    WATCHED = "watched"  # watch() asks the vendor to tell us of what arrives, for a time
    PRETENDS = "pretends"  # reaches nobody: what it tells is invented
    REPORTS = "reports"  # reports() asks what became of messages that the vendor has not told of


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One message to one recipient. E-mail uses `mime` (complete bytes with headers), texts use `text`."""

    id: UUID
    medium: str
    to: str
    sender: str = ""
    sender_name: str = ""
    mime: bytes = b""
    text: str = ""
    #: RFC 5322 Message-ID without angle brackets.
    message_id: str = ""
    #: Where bounces go; empty lets the provider decide.
    envelope_sender: str = ""
    #: When it was first written to the network: what `find` looks around.
    attempted_at: datetime | None = None
    media_urls: tuple[str, ...] = ()
    thread_id: str | None = None
    #: What `draft` gave: the vendor's draft that is to be sent.
    draft_id: str = ""
    #: How often it was tried, this time included.
    attempts: int = 1
    status_callback_url: str | None = None
    #: Not before; None goes at once. Only for vendors that keep messages until their time.
    send_at: datetime | None = None
    #: Who else gets an e-mail: all further recipients of the envelope, of whom nobody is told of the blind ones.
    copies: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()

    @property
    def mime_with_blind(self) -> bytes:
        """The bytes for a vendor that reads its recipients there, and takes the blind ones out before it sends."""
        return (
            b"Bcc: " + b",\r\n ".join(one.encode() for one in self.blind) + b"\r\n" + self.mime
            if self.blind
            else self.mime
        )


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One call of a vendor as it came. `headers` has lower-case names; `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """A raw inbound item: stored as a delivery before it is understood.

    `identity` is the vendor's own and unique per channel. `meta` is small and JSON. An item with
    `due_at` is to be understood only then.
    """

    identity: str
    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FetchedBatch:
    """Items to store, the cursor to store in the same transaction, and whether more is waiting."""

    items: Sequence[StoredItem]
    cursor: dict[str, Any]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRecord:
    """A message that went out on the channel, as the sandbox's people receive it."""

    id: UUID
    to: str
    sender: str
    sent_at: datetime
    subject: str = ""
    message_id: str = ""
    #: The text or its first lines.
    text: str = ""
    provider_message_id: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """What the vendor promised: to tell us of what arrives until then. `state` is what renewing needs, and JSON."""

    until: datetime
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What the vendor wants to hear after its call was stored."""

    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContext:
    """What a provider may use of the world. Every connection passes the installation's address check."""

    #: A guarded client: checked addresses, no redirects, no proxies from the environment.
    open_http: Callable[[], httpx2.Client]
    #: A connected socket to a checked address: (host, port, timeout in seconds).
    dial: Callable[[str, int, float], socket.socket]
    now: Callable[[], datetime]
    #: The address that vendors reach us at, without a trailing slash.
    public_url: str
    #: Provider kind -> base address of its API, where settings override it.
    base_urls: Mapping[str, str] = field(default_factory=dict)
    open_tls: Callable[[], ssl.SSLContext] = network.trusted
    #: Where the vendor calls this channel; empty when it never does.
    hook_url: str = ""
    #: Keeps credentials that changed by themselves (tokens), before they are used.
    keep: Callable[[Credentials], None] = lambda credentials: None
    #: Counts `units` of what a vendor allows `most` of in a minute under a name; how long to wait where that is too much.
    spend: Callable[[str, int, int], timedelta | None] = lambda name, units, most: None
    #: How many times faster than real people the sandbox's react.
    sandbox_speed: float = 1.0
    #: Seconds that a silent peer is waited for.
    timeout: float = 30.0


OVERTAKEN = Unavailable("Not tried: another process delivers for this sender now.")


class Vendor(ABC):
    """One vendor, opened with one customer's credentials. Use as a context manager."""

    kind: ClassVar[str]
    #: What people call it, like `Twilio`.
    label: ClassVar[str]
    #: One sentence for the page where people choose.
    summary: ClassVar[str]
    Credentials: ClassVar[type[Credentials]]

    def __init__(self, credentials: Any, context: ProviderContext) -> None:
        self.credentials = credentials
        self.context = context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027  not everybody keeps connections
        """Give back kept connections."""

    @abstractmethod
    def check(self) -> str:
        """Log in everywhere and touch nothing; one sentence about what was found. Raises ProviderError."""


class Provider(Vendor):
    """One vendor on one medium."""

    medium: ClassVar[str]
    #: Where people sign in at the vendor instead of entering credentials.
    signs_in: ClassVar[SignIn | None] = None
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    #: A server that its mail leaves by, where its credentials name none: whose domain must allow it.
    mail_server: ClassVar[str] = ""
    #: What to do with the address that the vendor calls, in its own words.
    hook_hint: ClassVar[str] = ""
    #: Whether the vendor signs every byte of a call. Otherwise a token or a secret address is the proof.
    signs_calls: ClassVar[bool] = True
    #: Whether a call without a channel's token is meant for every channel that it names.
    calls_all: ClassVar[bool] = False
    #: False when one throttled message means that the whole account is too fast.
    throttles_per_recipient: ClassVar[bool] = False

    def __init__(self, credentials: Any, context: ProviderContext) -> None:
        super().__init__(credentials, context)
        #: Asked just before a message is written to the network. When it says no, another process may be at it: nothing
        #: more is written, and what was not is `OVERTAKEN`.
        self.may_write: Callable[[], bool] = lambda: True
        #: Commits what `draft` gave before it is sent. When it says no, it must not be sent.
        self.note_draft: Callable[[UUID, str], bool] = lambda message_id, draft_id: True

    def deliver(self, messages: Iterable[OutgoingMessage]) -> Iterator[tuple[UUID, Outcome]]:
        """The outcome of every message, in order, each as soon as it is known. Raises nothing of ours.

        After Disconnected (and Throttled, unless that is per recipient) the rest is not tried and
        shares the outcome.
        """
        barrier: Disconnected | Throttled | None = None
        for message in messages:
            if barrier is not None:
                yield message.id, barrier
                continue
            outcome = self._attempt(message)
            if isinstance(outcome, Disconnected) or (
                isinstance(outcome, Throttled) and not self.throttles_per_recipient
            ):
                barrier = outcome
            yield message.id, outcome

    def _attempt(self, message: OutgoingMessage) -> Outcome:
        if not self.may_write():
            return OVERTAKEN
        try:
            refuse_control_characters(message)
            if Capability.DRAFTS in self.capabilities and not message.draft_id:
                message = replace(message, draft_id=self.draft(message))
                if not self.note_draft(message.id, message.draft_id) or not self.may_write():
                    return OVERTAKEN
            return self.send(message)
        except ProviderError as error:
            return as_outcome(error)

    def draft(self, message: OutgoingMessage) -> str:
        """Store `message` at the vendor, unsent; the draft's name, for `send`. One that an earlier try left is taken.

        Raises ProviderError, never Unknown: a draft is not sent.
        """
        raise NotImplementedError(f"{self.kind} keeps no drafts")

    @abstractmethod
    def send(self, message: OutgoingMessage) -> Sent:
        """Hand over one message. Raises Rejected, Throttled, Unavailable, Disconnected or Unknown."""

    def find(self, message: OutgoingMessage) -> Sent | NotSent | None:
        """A message in doubt as the vendor knows it; NotSent where the vendor proves that it did not go; or None: absence
        proves nothing. Raises ProviderError."""
        raise NotImplementedError(f"{self.kind} cannot look messages up")

    def fetch(self, cursor: Mapping[str, Any], sent: Sequence[SentRecord] = ()) -> FetchedBatch:
        """A bounded batch of what arrived since `cursor` (empty: from now on). Raises ProviderError."""
        raise NotImplementedError(f"{self.kind} is not polled")

    def watch(self, state: Mapping[str, Any]) -> Watch | None:
        """Ask the vendor to tell us of what arrives, again where `state` says it did; None where it cannot be asked.

        Raises ProviderError.
        """
        raise NotImplementedError(f"{self.kind} cannot be watched")

    def unwatch(self, state: Mapping[str, Any]) -> None:
        """Take back what `watch`, which gave `state`, asked for. Raises ProviderError."""
        raise NotImplementedError(f"{self.kind} cannot be watched")

    @classmethod
    def of_sign_in(cls, signed_in: SignedIn, scopes: frozenset[str], context: ProviderContext) -> SignedIn:
        """`signed_in`, which has its tokens, with the mailbox that they are for. Raises ProviderError, also where the
        person did not allow what is needed (`scopes` are what they allowed)."""
        raise NotImplementedError(f"nobody signs in to {cls.kind}")

    @classmethod
    def addressee(cls, hook: HookRequest) -> tuple[str, str]:
        """Account and address that a call without a channel's token names, before it is verified; empty where none."""
        return "", ""

    @classmethod
    def look_up(cls, hook: HookRequest, context: ProviderContext) -> None:
        """Fetch what `verify` needs to know of the vendor (its public keys), outside of any transaction."""

    @classmethod
    def greeted(cls, hook: HookRequest) -> HookAnswer | None:
        """The answer to a call that only asks whether we are there; None for all others."""
        return None

    def reports(self, sent: Sequence[SentRecord]) -> Iterator[StoredItem]:
        """What became of each of `sent`, with the identity that a call about it would have. Raises ProviderError."""
        raise NotImplementedError(f"{self.kind} is not asked")

    def verify(self, hook: HookRequest) -> None:
        """Raises Forged unless the vendor signed exactly these bytes."""
        raise Forged(f"{self.kind} does not call us")

    def identity(self, hook: HookRequest) -> str:
        """The vendor's own id of what the (verified) call tells: the same for every repetition."""
        raise NotImplementedError(f"{self.kind} does not call us")

    def private_headers(self) -> frozenset[str]:
        """Names (lower case) of headers that prove a call by a secret: they are not kept with it."""
        return frozenset()

    def answer(self, hook: HookRequest) -> HookAnswer:
        """What to answer to a stored call."""
        return HookAnswer()

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        """What a stored item means; pure, and empty when it means nothing to us."""
        raise NotImplementedError(f"{self.kind} tells us nothing")

    def download(self, media: Media) -> Attachment:
        """A file that the vendor keeps. Raises ProviderError."""
        raise NotImplementedError(f"{self.kind} keeps no media")


def as_outcome(error: ProviderError) -> Outcome:
    """`error` as one of the named outcomes; a bare ProviderError counts as Unavailable."""
    if isinstance(error, Outcome):
        return error
    return Unavailable(error.reason)


def refuse_control_characters(message: OutgoingMessage) -> None:
    """Raises Rejected when an address or header value could smuggle in a line."""
    values = (
        *message.copies,
        *message.blind,
        message.to,
        message.sender,
        message.sender_name,
        message.message_id,
        message.envelope_sender,
    )
    if any(map(_CONTROL.search, values)):
        raise Rejected("An address or name contains a line break or another control character.")
