"""Telling one of ours: a list for each person, with what it is about read from where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from loumass.accounts.models import User
from loumass.contacts.models import Contact
from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.ids import uuid7
from loumass.core.paging import Page, page
from loumass.core.tenancy import current_organization_id
from loumass.inbox.desk.models import Notification
from loumass.messages.models import Conversation, Message

#: Kind -> what is said between the name of who did it and the person's.
SAID: Mapping[str, str] = {
    "mention": "mentioned you in a note about",
    "assigned": "gave you",
    "taken": "took over your answer to",
    "reminder": "You wanted to come back to",
    "turn": "It is your turn to answer",
    "positive": "A positive answer from",
}
KIND_ICONS = {
    "mention": "note",
    "assigned": "user-plus",
    "taken": "user-share",
    "reminder": "clock",
    "turn": "users",
    "positive": "circle-check",
}
PAGE_SIZE = 40
_PREVIEW = 160
#: Nobody counts further, and no count reads further.
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class News:
    """One line of the list. `said` begins with who did it, where somebody did."""

    id: UUID
    kind: str
    icon: str
    said: str
    name: str
    conversation_id: UUID
    message_id: UUID | None
    note: str
    at: datetime
    is_new: bool


class About(NamedTuple):
    """Who is told of which conversation, who did it, and the message that it is about."""

    user_id: UUID
    conversation_id: UUID
    actor_id: UUID | None = None
    message_id: UUID | None = None


def tell(
    kind: str,
    user_ids: Iterable[UUID],
    conversation_id: UUID,
    *,
    actor_id: UUID | None = None,
    message_id: UUID | None = None,
) -> None:
    """Each of them finds it in their list; who did it is told nothing."""
    told = [(user_id, conversation_id) for user_id in sorted(set(user_ids), key=str)]
    tell_each(kind, told, actor_id=actor_id, message_id=message_id)


def tell_each(
    kind: str,
    about: Iterable[tuple[UUID, UUID]],
    *,
    actor_id: UUID | None = None,
    message_id: UUID | None = None,
) -> None:
    """As `tell`, for many (user, conversation) at once."""
    write_down(kind, [About(user_id, talk_id, actor_id, message_id) for user_id, talk_id in about])


def write_down(kind: str, about: Iterable[About]) -> None:
    """As `tell`, for many at once, each about a message of its own."""
    told = [
        {
            "organization_id": current_organization_id(),
            "id": uuid7(),
            "kind": kind,
            "created_at": clock.now(),
            **one._asdict(),
        }
        for one in about
        if one.user_id != one.actor_id
    ]
    if told:
        db().execute(insert(Notification), told)
        hear(kind, [(one["user_id"], one["id"], one["conversation_id"]) for one in told])


def hear(kind: str, told: Iterable[tuple[UUID, UUID, UUID]]) -> None:
    """Open pages of each (user, notification, conversation) hear of what was written down, and nobody else's."""
    rows = [
        {
            "to": [user_id],
            "notification_id": one_id,
            "conversation_id": conversation_id,
            "facts": {"kind": kind},
        }
        for user_id, one_id, conversation_id in told
    ]
    live.tell_all("notification", rows)


def unread(user_id: UUID, *, besides: Iterable[UUID] = ()) -> int:
    """How many the user has not read, besides those about some conversations; a hundred stands for more."""
    some = (
        select(Notification.id)
        .where(
            Notification.organization_id == current_organization_id(),
            Notification.user_id == user_id,
            Notification.read_at.is_(None),
            Notification.conversation_id.not_in(list(besides)),
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    return db().scalar(select(func.count()).select_from(some)) or 0


def read(user_id: UUID, conversation_ids: Iterable[UUID] | None = None) -> int:
    """All of the user's are read, or those about some conversations; returns how many were new."""
    statement = update(Notification).where(Notification.user_id == user_id, Notification.read_at.is_(None))
    if conversation_ids is not None:
        statement = statement.where(Notification.conversation_id.in_(list(conversation_ids)))
    many = len(db().scalars(statement.values(read_at=clock.now()).returning(Notification.id)).all())
    if many:
        # The count on the user's other pages.
        live.tell("notification", to=[user_id], facts={"kind": "read"})
    return many


def news(user_id: UUID, cursor: str | None, size: int = PAGE_SIZE) -> Page[News]:
    """A page of the user's list, the latest first."""
    keys = (Notification.created_at, Notification.id)
    found = page(_lines_of(user_id), keys, cursor, descending=True, size=size)
    return Page([_line(*row[:5]) for row in found.items], found.before, found.after)


def line(user_id: UUID, notification_id: UUID) -> News:
    """One line of the user's list. Raises NotFound, also for a colleague's."""
    row = db().execute(_lines_of(user_id).where(Notification.id == notification_id)).one_or_none()
    if row is None:
        raise NotFound
    return _line(*row)


def _lines_of(user_id: UUID) -> Select[Notification, str, Contact, str, str]:
    actor = aliased(User)
    # What an answer says, without the mail that it quotes; a note quotes nothing.
    said = func.coalesce(func.nullif(Message.reply_text, ""), Message.text)
    return (
        select(Notification, Conversation.counterpart, Contact, said, actor.name)
        .join(Conversation, Conversation.id == Notification.conversation_id)
        .outerjoin(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Message, Message.id == Notification.message_id)
        .outerjoin(actor, actor.id == Notification.actor_id)
        .where(Notification.user_id == user_id)
    )


def _line(one: Notification, counterpart: str, contact: Contact | None, note: Any, actor: str | None) -> News:
    said = SAID[one.kind]
    return News(
        id=one.id,
        kind=one.kind,
        icon=KIND_ICONS[one.kind],
        said=f"{actor} {said}" if actor and one.kind != "positive" else said,
        name=contact.label if contact else counterpart or "somebody unknown",
        conversation_id=one.conversation_id,
        message_id=one.message_id,
        note=preview(note or ""),
        at=one.created_at,
        is_new=one.read_at is None,
    )


def preview(words: str) -> str:
    """The beginning of what was written, in one line."""
    return " ".join(words.split())[:_PREVIEW]
