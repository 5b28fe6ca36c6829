"""Reminders: a conversation comes back at a time, or when nobody has answered until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select, text, update

from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.jobs import job
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, transaction
from loumass.inbox.desk.models import Reminder

_SLICE = 500
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
# Whatever a person wrote counts as an answer, on any channel; an automatic one does not.
_REMIND = text("""
    WITH due AS MATERIALIZED (
        SELECT id, conversation_id, user_id, is_if_silent, set_at FROM reminder
        WHERE organization_id = :organization_id AND done_at IS NULL AND due_at <= :now
        ORDER BY due_at, id LIMIT :most FOR UPDATE SKIP LOCKED
    ), told AS MATERIALIZED (
        SELECT due.conversation_id, due.user_id FROM due
        JOIN conversation c ON c.organization_id = :organization_id AND c.id = due.conversation_id
        WHERE NOT due.is_if_silent OR NOT EXISTS (
            SELECT FROM conversation s JOIN message m ON m.organization_id = :organization_id AND m.conversation_id = s.id
            WHERE s.organization_id = :organization_id AND (s.id = c.id OR s.contact_id = c.contact_id)
              AND m.direction = 'in' AND NOT m.is_automatic AND m.occurred_at > due.set_at)
    ), done AS (
        UPDATE reminder SET done_at = :now FROM due
        WHERE reminder.organization_id = :organization_id AND reminder.id = due.id RETURNING reminder.id
    ), back AS (
        UPDATE conversation SET closed_at = NULL, snoozed_until = NULL,
            unread_since = coalesce(unread_since, CAST(:now AS timestamptz)),
            needs_reply_since = coalesce(needs_reply_since, CAST(:now AS timestamptz))
        WHERE organization_id = :organization_id AND id IN (SELECT told.conversation_id FROM told)
        RETURNING id
    ), said AS (
        INSERT INTO notification (organization_id, user_id, kind, conversation_id, created_at)
        SELECT :organization_id, told.user_id, 'reminder', told.conversation_id, :now FROM told RETURNING id
    )
    SELECT (SELECT count(*) FROM done) AS done, (SELECT count(*) FROM said) AS said
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
    come_back.later(at=due_at)


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


@job("receive")
def come_back() -> bool:
    """Bring back what somebody wanted to be reminded of; True when more is due."""
    with transaction() as session:
        values = {"organization_id": current_organization_id(), "now": clock.now(), "most": _SLICE}
        did = session.execute(_REMIND, values).one()
        if did.said:
            announce("inbox")
            announce("notifications")
        next_at = session.scalar(_next())
        if next_at is not None and next_at > clock.now():
            come_back.later(at=next_at)
    return did.done == _SLICE


def sweep() -> list[Wake]:
    """When the next reminder is due."""
    next_at = db().scalar(_next())
    return [come_back.wake(next_at)] if next_at is not None else []


def _next() -> Select[datetime]:
    return select(func.min(Reminder.due_at)).where(
        Reminder.organization_id == current_organization_id(), Reminder.done_at.is_(None)
    )
