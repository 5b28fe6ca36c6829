"""Notes about a person and files of theirs, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from loumass.accounts.models import User
from loumass.core.database import db
from loumass.inbox.person import Person
from loumass.messages.models import Attachment, Message

_MOST = 10


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody of ours wrote down."""

    text: str
    author: str
    at: datetime


_MOST_FILES = 20


def files_of(person: Person) -> Sequence[Attachment]:
    """What was sent along in the line, either way, the latest first."""
    return (
        db()
        .scalars(
            select(Attachment)
            .join(Message, Message.id == Attachment.message_id)
            .where(person.messages(), Attachment.file_key != "", Attachment.content_id.is_(None))
            .order_by(Message.occurred_at.desc(), Attachment.id.desc())
            .limit(_MOST_FILES)
        )
        .all()
    )


def notes_about(person: Person) -> Sequence[Note]:
    """The latest notes; older ones stand in the timeline."""
    rows = db().execute(
        select(Message.text, User.name, Message.occurred_at)
        .outerjoin(User, User.id == Message.author_id)
        .where(person.messages(), Message.direction == "note")
        .order_by(Message.occurred_at.desc(), Message.id.desc())
        .limit(_MOST)
    )
    return [Note(row.text, row.name or "Somebody who left", row.occurred_at) for row in rows]
