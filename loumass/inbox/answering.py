"""The ways to write to a person: which channel and sender would answer, and what stands against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from loumass.channels.models import Channel
from loumass.contacts.models import Suppression
from loumass.core.database import db
from loumass.core.secrets import keyed_hash
from loumass.inbox.permissions import SYNTHETIC, permissions
from loumass.inbox.person import Person
from loumass.messages.models import Conversation
from loumass.messages.senders import compared

MEDIA = ("email", "sms", "voicemail")
_BECAUSE = {
    "unsubscribed": "They opted out.",
    "bounced": "Messages to this address come back.",
    "complained": "They called a message spam.",
    "by_hand": "Somebody here put the address on the suppression list.",
    "imported": "The address was imported as suppressed.",
    "erased": "The person was erased.",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to write: through `channel` to `to`. Without a `conversation` a new one begins.

    `barred` is a sentence when nothing may be sent, `slowed` when it would wait.
    """

    medium: str
    channel: Channel
    to: str
    conversation: Conversation | None
    channels: Sequence[Channel]
    barred: str
    slowed: str

    @property
    def asks_subject(self) -> bool:
        """Whether it would be the first e-mail of its conversation."""
        if self.medium != "email":
            return False
        return self.conversation is None or (
            self.conversation.last_message_at is None and not self.conversation.subject
        )

    @property
    def takes_copies(self) -> bool:
        """Whether others can get it as well."""
        return self.medium == "email"

    @property
    def subject(self) -> str:
        """What an e-mail's subject would be; empty when a new conversation asks for one."""
        if self.medium != "email" or self.conversation is None or self.asks_subject:
            return ""
        subject = self.conversation.subject or "Your message"
        return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def ways(person: Person) -> dict[str, Way]:
    """Medium -> the way that would be taken, the medium they wrote on last first."""
    channels = (
        db()
        .scalars(
            select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.created_at, Channel.id)
        )
        .all()
    )
    found = [way for medium in MEDIA if (way := _way(person, medium, channels)) is not None]
    barred = _barred(found)
    by_medium = {way.medium: _judged(way, person, barred) for way in found}
    latest = next((one.medium for one in person.conversations if one.medium in by_medium), None)
    # A voicemail box cannot be answered: it is never what the box begins with, where there is another way.
    ordered = sorted(by_medium, key=lambda medium: (medium == "voicemail", medium != latest))
    return {medium: by_medium[medium] for medium in ordered}


def own_addresses() -> set[str]:
    """The organization's own mailboxes, in lower case."""
    return {
        one.lower() for one in db().scalars(select(Channel.address).where(Channel.medium == "email")) if one
    }


def _way(person: Person, medium: str, channels: Sequence[Channel]) -> Way | None:
    usable = [one for one in channels if one.medium == medium]
    conversation = person.latest(medium)
    if conversation is not None and conversation.counterpart:
        channel = person.channels[conversation.channel_id]
        return Way(medium, channel, conversation.counterpart, conversation, (channel,), "", "")
    to = _address(person, medium)
    if not to or not usable:
        return None
    return Way(medium, usable[0], to, None, usable, "", "")


def _address(person: Person, medium: str) -> str:
    if person.contact is None:
        return ""
    return (person.contact.email if medium == "email" else person.contact.phone) or ""


def _barred(found: Sequence[Way]) -> dict[tuple[str, bytes], str]:
    hashes = [_hash(way) for way in found]
    rows = db().execute(
        select(Suppression.medium, Suppression.address_hash, Suppression.reason).where(
            Suppression.address_hash.in_(hashes), Suppression.until_at.is_(None)
        )
    )
    return {(row.medium, row.address_hash): row.reason for row in rows}


def _hash(way: Way) -> bytes:
    return keyed_hash(compared(way.medium, way.to))


def _judged(way: Way, person: Person, barred: dict[tuple[str, bytes], str]) -> Way:
    reason = barred.get((way.medium, _hash(way)))
    sentence = f"{_BECAUSE.get(reason, 'The address is suppressed.')} Nothing can be sent." if reason else ""
    if way.medium == "voicemail" and not sentence:
        sentence = _unasked(person)
    return Way(
        way.medium, way.channel, way.to, way.conversation, way.channels, sentence, _slowed(way.channel)
    )


def _unasked(person: Person) -> str:
    """Nobody gets a voicemail who did not agree to it (`gates.py` asks again, and about the voice)."""
    found = permissions(person.contact) if person.contact is not None else []
    may = next((one.may for one in found if one.medium == "voicemail" and one.subject != SYNTHETIC), False)
    if may:
        return ""
    return "They have not agreed to voicemail. Note a yes on their page, under “May we write?”."


def _slowed(channel: Channel) -> str:
    if channel.state == "active":
        return ""
    word = "paused" if channel.state == "paused" else "disconnected"
    return f"{channel.name} is {word}. What you send waits until that is mended."


def chosen(way: Way, channel_id: UUID | None) -> Channel:
    """The channel that a person chose for a new conversation, if it is among those offered."""
    return next((one for one in way.channels if one.id == channel_id), way.channel)
