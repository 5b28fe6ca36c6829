"""Reminders: a conversation comes back at a time, or when nobody has answered until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text, update

from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id
from loumass.inbox import jobs
from loumass.inbox.desk.models import Reminder

#: Days without an answer that a menu offers.
PATIENCE = (2, 4, 7, 14)
_FURTHEST = timedelta(days=366)
_SET = text("""
    INSERT INTO reminder (organization_id, conversation_id, user_id, due_at, is_if_silent, set_at)
    SELECT :organization_id, asked.id, :user_id, :due_at, :is_if_silent, :now
    FROM unnest(CAST(:ids AS uuid[])) AS asked(id)
    ON CONFLICT (organization_id, conversation_id, user_id) WHERE done_at IS NULL
    DO UPDATE SET due_at = excluded.due_at, is_if_silent = excluded.is_if_silent, set_at = excluded.set_at
""")


@dataclass(frozen=True, slots=True)
class Choice:
    """`value` is what the form sends."""

    value: str
    label: str


def patience() -> Sequence[Choice]:
    """How long somebody may be silent, as a menu offers it."""
    return [Choice(f"silent-{days}", f"If nobody answers within {days} days") for days in PATIENCE]


def silent_until(value: str, now: datetime) -> datetime | None:
    """The moment that a choice of `patience` means; None for any other value."""
    days = {one.value: days for one, days in zip(patience(), PATIENCE, strict=True)}.get(value)
    return now + timedelta(days=days) if days else None


def remind(ids: Sequence[UUID], user_id: UUID, due_at: datetime, *, is_if_silent: bool) -> None:
    """The user is reminded of these conversations then; an earlier reminder gives way. Raises Refused for a time that
    has passed, or lies more than a year ahead."""
    now = clock.now()
    if due_at <= now:
        raise Refused("That time has passed. Choose a later one; nothing was changed.")
    if due_at > now + _FURTHEST:
        raise Refused("A reminder lies at most a year ahead. Choose an earlier time; nothing was changed.")
    bound = {
        "organization_id": current_organization_id(),
        "ids": uuid_array(ids),
        "user_id": user_id,
        "due_at": due_at,
        "is_if_silent": is_if_silent,
        "now": now,
    }
    db().execute(_SET, bound)
    jobs.come_back.later(at=due_at)


def forget(ids: Sequence[UUID], user_id: UUID) -> int:
    """The user's reminders of these conversations are taken off; returns how many there were."""
    gone = db().scalars(
        update(Reminder)
        .where(Reminder.conversation_id.in_(ids), Reminder.user_id == user_id, Reminder.done_at.is_(None))
        .values(done_at=clock.now())
        .returning(Reminder.id)
    )
    return len(gone.all())


def reminders(ids: Sequence[UUID], user_id: UUID) -> Mapping[UUID, Reminder]:
    """Conversation -> what the user will be reminded of."""
    rows = db().scalars(
        select(Reminder).where(
            Reminder.conversation_id.in_(ids), Reminder.user_id == user_id, Reminder.done_at.is_(None)
        )
    )
    return {row.conversation_id: row for row in rows}
