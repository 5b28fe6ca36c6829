"""Messages as a thread shows them: what was said, how it travelled, and why it is not there yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.models import User
from loumass.accounts.numbering import organization_number
from loumass.campaigns.models import Campaign
from loumass.channels.models import Channel
from loumass.content.sounding import length
from loumass.core import clock
from loumass.core.database import db
from loumass.inbox.reading import read_words
from loumass.inbox.reply_kinds import Said, kinds_of
from loumass.inbox.taking_back import undoable_until
from loumass.media.service import media_of, player_path
from loumass.messages.copies import copies_of
from loumass.messages.models import Attachment, Message, MessageCopy
from loumass.messages.service import Shown, Waiting, shown, why_wait

_LONG = 700


@dataclass(frozen=True, slots=True)
class Card:
    """One message. `state` is what a badge says; `why` tells why it waits or what went wrong."""

    id: UUID
    conversation_id: UUID | None
    direction: str
    medium: str
    at: datetime
    state: str
    who: str
    author_id: UUID | None
    address: str
    subject: str
    text: str
    #: The whole is more than what was written this time: it quotes, or ends in a signature.
    is_folded: bool
    has_frame: bool
    is_automatic: bool
    is_campaigns: bool
    is_sent_again: bool
    #: Just sent: until then it waits here to be taken back.
    undo_until: datetime | None
    campaign: str
    #: Who else read it: everybody sees the first, only we the others.
    copies: Sequence[str]
    blind: Sequence[str]
    why: str
    #: How often it was opened and clicked, and by whom; empty where nobody did, or it was not tracked.
    read: str
    until: datetime | None
    zone: str
    files: Sequence[Attachment]
    #: Voicemail: where it is played from, and how long it sounds; empty where there is no sound (yet).
    sound: str
    length: str
    is_synthetic: bool
    #: What an answer was taken for; None for what is none.
    sorted: Said | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it went out from us."""
        return self.direction == "out"

    @property
    def may_be_withdrawn(self) -> bool:
        """A person's own message that has not left yet."""
        return self.state == "queued" and not self.is_campaigns

    @property
    def may_be_sent_again(self) -> bool:
        """A person's own message that failed."""
        return (
            self.state in ("failed", "cancelled")
            and not self.is_campaigns
            and self.is_ours
            and not self.is_sent_again
        )


@dataclass(frozen=True, slots=True)
class _Around:
    """What the cards of one page need, by id."""

    words: Mapping[UUID, Shown]
    waiting: Mapping[UUID, Sequence[Waiting]]
    files: Mapping[UUID, Sequence[Attachment]]
    names: Mapping[UUID, str]
    channels: Mapping[UUID, Channel]
    campaigns: Mapping[UUID, str]
    sounds: Mapping[UUID, tuple[str, str]]
    copies: Mapping[UUID, Sequence[MessageCopy]]
    read: Mapping[UUID, str]
    kinds: Mapping[UUID, Said]


def cards(messages: Sequence[Message]) -> dict[UUID, Card]:
    """The cards of `messages`, by id, in a fixed number of statements."""
    around = _Around(
        shown(messages),
        why_wait([one.id for one in messages if one.state == "queued"]),
        _files(messages),
        _names(User, {one.author_id for one in messages}),
        _channels(messages),
        _names(Campaign, {one.stream_id for one in messages}),
        _sounds(messages),
        copies_of([one.id for one in messages if one.author_id is not None and one.medium == "email"]),
        read_words([one.id for one in messages if one.tracked]),
        kinds_of(messages),
    )
    return {one.id: _card(one, around) for one in messages}


def _card(message: Message, around: _Around) -> Card:
    words, names = around.words[message.id], around.names
    channel = around.channels.get(message.channel_id) if message.channel_id else None
    text = message.reply_text if message.direction == "in" else message.reply_text or words.text
    sound, sounds_for = around.sounds.get(message.sound_id, ("", "")) if message.sound_id else ("", "")
    copies = around.copies.get(message.id, ())
    first = next(iter(around.waiting.get(message.id, ())), None)
    return Card(
        id=message.id,
        conversation_id=message.conversation_id,
        direction=message.direction,
        medium="note" if message.direction == "note" else message.medium,
        at=message.occurred_at,
        state=state_of(message),
        who=_who(message, names, channel),
        author_id=message.author_id,
        address=message.from_address if message.direction == "in" else message.to_address,
        subject=words.subject,
        text=text.strip(),
        is_folded=message.direction != "note" and bool(message.text) and message.text.strip() != text.strip(),
        has_frame=bool(words.html) or len(text) > _LONG,
        is_automatic=message.is_automatic,
        is_campaigns=message.stream_id is not None and message.author_id is None,
        is_sent_again=message.reason_code in ("sent_again", "taken_back"),
        undo_until=undoable_until(message, clock.now()),
        campaign=around.campaigns.get(message.stream_id, "") if message.stream_id else "",
        copies=list(map(str, message.cc)) or [one.address for one in copies if not one.is_blind],
        blind=[one.address for one in copies if one.is_blind],
        why=_why(message, first),
        read=around.read.get(message.id, ""),
        until=first.until if first else None,
        zone=first.zone if first else "",
        files=around.files.get(message.id, ()),
        sound=sound,
        length=sounds_for,
        is_synthetic=message.is_synthetic,
        sorted=around.kinds.get(message.id),
    )


def state_of(message: Message) -> str:
    """What became of it, in the words of `message_status`."""
    if message.is_bounce_permanent:
        return "bounced"
    if message.state == "sent" and message.delivered_at is not None:
        return "delivered"
    if message.state == "sent" and message.medium == "voicemail":
        # Accepted is not delivered: the vendor tells what became of it.
        return "not_dropped" if message.bounced_at is not None else "accepted"
    return message.state


def _who(message: Message, names: Mapping[UUID, str], channel: Channel | None) -> str:
    if message.direction == "in":
        return message.from_name or message.from_address
    if message.author_id is not None:
        return names.get(message.author_id, "Somebody who left")
    return message.from_name or (channel.sender_name or channel.name if channel else "")


def _why(message: Message, waiting: Waiting | None) -> str:
    if waiting is not None:
        return waiting.sentence
    if message.state in ("failed", "in_doubt", "cancelled") or message.bounced_at is not None:
        return message.reason or ""
    return ""


def _files(messages: Sequence[Message]) -> dict[UUID, list[Attachment]]:
    rows = db().scalars(
        select(Attachment)
        .where(Attachment.message_id.in_([one.id for one in messages]))
        .order_by(Attachment.created_at, Attachment.id)
    )
    files: dict[UUID, list[Attachment]] = {}
    for row in rows:
        if row.message_id is not None:
            files.setdefault(row.message_id, []).append(row)
    return files


def _sounds(messages: Sequence[Message]) -> dict[UUID, tuple[str, str]]:
    """Media id -> where it is played from, and its length."""
    found = media_of(one.sound_id for one in messages)
    if not found:
        return {}
    number = organization_number()
    return {
        media.id: (player_path(number, media), length(media.seconds) if media.seconds else "")
        for media in found.values()
    }


def _names(model: type[User] | type[Campaign], ids: set[UUID | None]) -> dict[UUID, str]:
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return {}
    return {
        row.id: row.name for row in db().execute(select(model.id, model.name).where(model.id.in_(wanted)))
    }


def _channels(messages: Sequence[Message]) -> dict[UUID, Channel]:
    ids = {one.channel_id for one in messages if one.channel_id}
    return {one.id: one for one in db().scalars(select(Channel).where(Channel.id.in_(ids)))}
