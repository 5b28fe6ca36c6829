"""One turn, one sending: a second press, a reload and another window name the same turn, which was taken."""

from __future__ import annotations

from uuid import UUID, uuid5

from sqlalchemy import func, select

from loumass.core.database import db
from loumass.inbox.person import Person
from loumass.messages.models import Message


def key_of(person: Person, user_id: UUID, kind: str) -> UUID:
    """What the form of this turn is called: the same in every window until its person has sent something."""
    written = db().scalar(
        select(func.count()).select_from(Message).where(person.messages(), Message.author_id == user_id)
    )
    return uuid5(person.id, f"{user_id}:{kind}:{written}")


def sent_with(key: UUID | None) -> Message | None:
    """The message that a form of this name sent already."""
    return db().scalar(select(Message).where(Message.send_key == key)) if key is not None else None
