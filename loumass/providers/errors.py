"""How a hand-over to a provider ended. Failures are exceptions that are also values.

Inside a provider they are raised; everybody else receives them from `Provider.deliver` as values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took responsibility for the message."""

    #: The provider's own id of the message; empty where it has none.
    provider_message_id: str
    #: The RFC 5322 Message-ID without angle brackets; empty where the medium has none.
    message_id: str = ""
    thread_id: str | None = None
    #: Billed parts of a text; None where the provider does not say.
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """Proof that a message in doubt never went, like a draft of it that is still there: it may be sent again."""


@dataclass(eq=True, unsafe_hash=True)
class ProviderError(Exception):
    """The message was not, or perhaps not, handed over. `reason` is a sentence for a person."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=True, unsafe_hash=True)
class Rejected(ProviderError):
    """This message will never be accepted: do not try again. The channel itself is fine."""

    #: The provider's code as it wrote it, like `5.1.1` or `21610`; empty when it gave none.
    code: str = ""
    #: Whether the address itself does not exist, so that nobody should write to it again.
    address_is_dead: bool = False
    #: Whether the person said no to the provider, which knows it before we do.
    has_opted_out: bool = False

    __str__ = ProviderError.__str__


@dataclass(eq=True, unsafe_hash=True)
class Throttled(ProviderError):
    """Nothing was sent because we are too fast; try again after `retry_after`."""

    retry_after: timedelta = timedelta(minutes=1)
    #: Whether the whole channel is meant, also where a provider otherwise throttles single recipients.
    is_about_us: bool = False

    __str__ = ProviderError.__str__


@dataclass(eq=True, unsafe_hash=True)
class Unavailable(ProviderError):
    """Nothing was sent because the provider cannot take it now; try again with growing pauses."""

    #: Whether only this recipient's mailbox is meant: others may go meanwhile.
    is_about_recipient: bool = False

    __str__ = ProviderError.__str__


@dataclass(eq=True, unsafe_hash=True)
class Disconnected(ProviderError):
    """Nothing was sent and nothing will be until a person mends the channel (password, sender, TLS)."""

    __str__ = ProviderError.__str__


@dataclass(eq=True, unsafe_hash=True)
class Unknown(ProviderError):
    """It was handed over and no answer came: it may have been sent. Never send it again blindly."""

    __str__ = ProviderError.__str__


Outcome = Sent | Rejected | Throttled | Unavailable | Disconnected | Unknown


class Forged(Exception):
    """An inbound call does not carry the provider's signature over exactly these bytes."""
