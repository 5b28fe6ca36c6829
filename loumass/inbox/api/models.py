"""What the API says of conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from loumass.core.api.models import ApiModel
from loumass.inbox.cards import Card
from loumass.inbox.timeline import Stretch
from loumass.messages.models import Conversation


class ConversationOut(ApiModel):
    """A thread with one person on one medium."""

    id: UUID
    contact_id: UUID | None
    channel_id: UUID
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


class FileOut(ApiModel):
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
    #: What an answer was taken for, and why; empty for what is none, or nothing sure.
    reply: str
    reply_why: str
    files: list[FileOut]

    @classmethod
    def of(cls, card: Card) -> MessageOut:
        plain: dict[str, Any] = {
            name: getattr(card, name)
            for name in cls.model_fields
            if name not in ("files", "reply", "reply_why")
        }
        said: dict[str, Any] = {
            "reply": card.sorted.kind if card.sorted else "",
            "reply_why": card.sorted.why if card.sorted else "",
        }
        files = [
            FileOut(id=one.id, file_name=one.file_name, content_type=one.content_type, size=one.size)
            for one in card.files
        ]
        return cls(**plain, **said, files=files)


class ThreadOut(ApiModel):
    """Everything said with one person, the latest last; `earlier` is the cursor of what came before."""

    messages: list[MessageOut]
    earlier: str | None

    @classmethod
    def of(cls, found: Stretch) -> ThreadOut:
        said = [MessageOut.of(one.card) for one in found.entries if one.card is not None]
        return cls(messages=said, earlier=found.earlier)
