"""What providers tell us, in one vocabulary for every vendor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. `content_id` is what `cid:` links in its HTML name."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """A file that the provider keeps for us; `Provider.download` turns it into an Attachment."""

    url: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageArrived:
    """Somebody wrote, or (`is_own_copy`) we did from this mailbox with another program."""

    medium: str
    #: Bare address or E.164 number; empty when the message names none.
    sender: str
    #: Where it arrived: To, Delivered-To and the like, bare, in the order found, without repeats.
    to: tuple[str, ...]
    received_at: datetime
    sender_name: str = ""
    cc: tuple[str, ...] = ()
    subject: str = ""
    #: Message-IDs are without angle brackets.
    message_id: str = ""
    #: The Message-ID that was given to an own copy before its server gave it another.
    given_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    provider_message_id: str = ""
    thread_id: str | None = None
    #: The whole text; made from the HTML when there is no text part.
    text: str = ""
    #: What the person wrote this time, without quotes and signature.
    reply_text: str = ""
    #: As it came: sanitise before showing.
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    media: tuple[Media, ...] = ()
    #: Out-of-office and other answers by a machine (RFC 3834): recorded, but not a reply.
    is_automatic: bool = False
    is_own_copy: bool = False
    #: The mail server put it aside as unwanted: taken in only where it concerns what we wrote.
    is_junk: bool = False
    #: What could not be read of a broken message, as sentences.
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutSent:
    """Something happened to a message of ours. The first of the three ids that is set identifies it."""

    at: datetime
    #: Our own message id, proven by a token that only we can make.
    our_id: UUID | None = None
    provider_message_id: str = ""
    #: RFC 5322 Message-ID of our message, without angle brackets.
    message_id: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDelivered(AboutSent):
    """It reached the recipient's mailbox or handset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBounced(AboutSent):
    """It could not be delivered. Only a permanent bounce says anything about the address."""

    permanent: bool
    #: Enhanced status code (RFC 3463) or the vendor's own number.
    code: str = ""
    reason: str = ""
    #: Whether the address does not exist, as opposed to refusing this message.
    address_is_dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Complained(AboutSent):
    """The recipient called it spam."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordSent:
    """One of the words that carriers and regulators give a meaning, sent by a person."""

    medium: str
    sender: str
    to: str
    at: datetime
    keyword: str
    #: Whether the provider has answered by itself, so that we must not.
    is_answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedOut(KeywordSent):
    """Write to them no more on this medium."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedIn(KeywordSent):
    """They take back an earlier opt-out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpAsked(KeywordSent):
    """They ask who writes."""


@dataclass(frozen=True, slots=True)
class MailboxChanged:
    """Something arrived in the mailbox, or left it: fetch it."""

    #: Whether the vendor says that it stops telling us, unless it is asked again.
    is_unwatched: bool = False


ProviderEvent = (
    MessageArrived
    | MessageDelivered
    | MessageBounced
    | Complained
    | OptedOut
    | OptedIn
    | HelpAsked
    | MailboxChanged
)
