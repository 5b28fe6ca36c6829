"""What every provider offers. Plain values in, plain values out: no database, no Flask."""

from __future__ import annotations

import re
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

import httpx2

from loumass.providers.credentials import Credentials
from loumass.providers.errors import (
    Disconnected,
    Forged,
    Outcome,
    ProviderError,
    Rejected,
    Sent,
    Throttled,
    Unavailable,
)
from loumass.providers.events import Attachment, Media, ProviderEvent

_CONTROL = re.compile("[\x00-\x1f\x7f]")


class Capability(StrEnum):
    """What a provider can do beyond sending."""

    POLLED = "polled"  # fetch() brings what arrived
    HOOKS = "hooks"  # the vendor calls us: verify(), identity(), answer()
    FINDS = "finds"  # find() can settle a send in doubt
    NEEDS_SENT = "needs sent"  # fetch() is given the records of what was sent, right after it was
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
    status_callback_url: str | None = None
    #: Not before; None goes at once. Only for vendors that keep messages until their time.
    send_at: datetime | None = None


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
    open_tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    #: Where the vendor calls this channel; empty when it never does.
    hook_url: str = ""
    #: How many times faster than real people the sandbox's react.
    sandbox_speed: float = 1.0
    #: Seconds that a silent peer is waited for.
    timeout: float = 30.0


OVERTAKEN = Unavailable("Not tried: another process delivers for this sender now.")


class Provider(ABC):
    """One vendor on one medium, opened with one customer's credentials. Use as a context manager."""

    kind: ClassVar[str]
    medium: ClassVar[str]
    #: What people call it, like `Twilio`.
    label: ClassVar[str]
    #: One sentence for the page where people choose.
    summary: ClassVar[str]
    Credentials: ClassVar[type[Credentials]]
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    #: False when one throttled message means that the whole account is too fast.
    throttles_per_recipient: ClassVar[bool] = False
    #: False when the vendor signs nothing: the secret in the address that it calls is the only proof.
    signs_calls: ClassVar[bool] = True

    def __init__(self, credentials: Any, context: ProviderContext) -> None:
        self.credentials = credentials
        self.context = context
        #: Asked just before a message is written to the network. When it says no, another process may be at it: nothing
        #: more is written, and what was not is `OVERTAKEN`.
        self.may_write: Callable[[], bool] = lambda: True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027  most providers keep nothing open
        """Give back kept connections."""

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
            return self.send(message)
        except ProviderError as error:
            return as_outcome(error)

    @abstractmethod
    def send(self, message: OutgoingMessage) -> Sent:
        """Hand over one message. Raises Rejected, Throttled, Unavailable, Disconnected or Unknown."""

    @abstractmethod
    def check(self) -> str:
        """Log in everywhere and touch nothing; one sentence about what was found. Raises ProviderError."""

    def find(self, message: OutgoingMessage) -> Sent | None:
        """A message in doubt as the vendor knows it, or None: absence proves nothing. Raises ProviderError."""
        raise NotImplementedError(f"{self.kind} cannot look messages up")

    def fetch(self, cursor: Mapping[str, Any], sent: Sequence[SentRecord] = ()) -> FetchedBatch:
        """A bounded batch of what arrived since `cursor` (empty: from now on). Raises ProviderError."""
        raise NotImplementedError(f"{self.kind} is not polled")

    def reports(self, sent: Sequence[SentRecord]) -> Iterator[StoredItem]:
        """What became of each of `sent`, with the identity that a call about it would have. Raises ProviderError."""
        raise NotImplementedError(f"{self.kind} is not asked")

    def verify(self, hook: HookRequest) -> None:
        """Raises Forged unless the vendor signed exactly these bytes."""
        raise Forged(f"{self.kind} does not call us")

    def identity(self, hook: HookRequest) -> str:
        """The vendor's own id of what the (verified) call tells: the same for every repetition."""
        raise NotImplementedError(f"{self.kind} does not call us")

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
    values = (message.to, message.sender, message.sender_name, message.message_id, message.envelope_sender)
    if any(map(_CONTROL.search, values)):
        raise Rejected("An address or name contains a line break or another control character.")
