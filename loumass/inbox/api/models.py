"""What the API says of conversations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from loumass.core.api.models import ApiModel, RowModel
from loumass.inbox.cards import Card
from loumass.inbox.timeline import Stretch
from loumass.messages.models import Conversation


class ConversationOut(ApiModel):
    """A thread with one person on one medium."""

    id: UUID
    contact_id: UUID | None
    channel_id: UUID
    team_id: UUID | None
    medium: str
    counterpart: str
    subject: str
    assignee_id: UUID | None
    last_message_at: datetime | None
    snoozed_until: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, row: Conversation) -> ConversationOut:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class LabelOut(RowModel):
    """A word in a colour."""

    id: UUID
    name: str
    colour: str


class RegroupingOut(RowModel):
    """A merge or a split that can be undone: `other_id` is what was put to `kept_id`, or came out of it."""

    id: UUID
    kind: str
    kept_id: UUID
    other_id: UUID
    made_at: datetime
    undone_at: datetime | None


class SeenOut(ApiModel):
    """A colleague who has looked since the last message."""

    user_id: UUID
    name: str
    at: datetime


class LineReadOut(ConversationOut):
    """A conversation and what stands around it: all that is one line with it, labels, who has seen it, who answers, when it comes
    back to you, and what was merged or split.
    """

    line_id: UUID
    stands_with: list[UUID]
    labels: list[LabelOut]
    seen_by: list[SeenOut]
    answering: str
    reminder_at: datetime | None
    reminder_is_if_silent: bool
    regroupings: list[RegroupingOut]


class FileOut(RowModel):
    """A file that came along."""

    id: UUID
    file_name: str
    content_type: str
    size: int


class MessageOut(ApiModel):
    """What was said: `direction` is `in`, `out` or `note`."""

    id: UUID
    conversation_id: UUID | None
    direction: str
    medium: str
    at: datetime
    state: str
    who: str
    address: str
    subject: str
    text: str
    campaign: str
    why: str
    #: How often it was opened and clicked, and by whom, as the page says it; `/hits` lists them.
    read: str
    copies: list[str]
    blind_copies: list[str]
    undo_until: datetime | None
    #: What an answer was taken for, and why; empty for what is none, or nothing sure.
    reply: str
    reply_why: str
    files: list[FileOut]

    @classmethod
    def of(cls, card: Card) -> MessageOut:
        apart = ("files", "copies", "blind_copies", "reply", "reply_why")
        plain = {name: getattr(card, name) for name in cls.model_fields if name not in apart}
        return cls(
            **plain,
            files=[FileOut.of(one) for one in card.files],
            copies=list(card.copies),
            blind_copies=list(card.blind),
            reply=card.sorted.kind if card.sorted else "",
            reply_why=card.sorted.why if card.sorted else "",
        )


class ThreadOut(ApiModel):
    """Everything said with one person, the latest last; `earlier` is the cursor of what came before."""

    messages: list[MessageOut]
    earlier: str | None

    @classmethod
    def of(cls, found: Stretch) -> ThreadOut:
        said = [MessageOut.of(one.card) for one in found.entries if one.card is not None]
        return cls(messages=said, earlier=found.earlier)
