"""What the inbox does by the clock: conversations that were put off, or to be reminded of, come back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select, text

from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import job
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, transaction
from loumass.inbox.desk import returning
from loumass.messages.models import Conversation

_SLICE = 500

_END = text("""
    UPDATE conversation SET snoozed_until = NULL, unread_since = coalesce(unread_since, CAST(:now AS timestamptz)),
        needs_reply_since = coalesce(needs_reply_since, CAST(:now AS timestamptz))
    WHERE organization_id = :organization_id AND id IN (
        SELECT id FROM conversation
        WHERE organization_id = :organization_id AND snoozed_until <= :now
        ORDER BY snoozed_until, id LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


@job("receive")
def end_snoozes() -> bool:
    """Bring back what was put off until now; True when more is due."""
    with transaction() as session:
        values = {"organization_id": current_organization_id(), "now": clock.now(), "most": _SLICE}
        ended = session.scalars(_END, values).all()
        if ended:
            announce("inbox")
        next_at = session.scalar(_next())
        if next_at is not None and next_at > clock.now():
            end_snoozes.later(at=next_at)
    return len(ended) == _SLICE


@job("receive")
def come_back() -> bool:
    """Bring back what somebody wanted to be reminded of; True when more is due."""
    with transaction():
        done = returning.bring_back(_SLICE)
        next_at = returning.next_due()
        if next_at is not None and next_at > clock.now():
            come_back.later(at=next_at)
    return done == _SLICE


def sweep() -> list[Wake]:
    """When the next conversation comes back, put off or to be reminded of."""
    next_at, due_at = db().scalar(_next()), returning.next_due()
    wakes = [end_snoozes.wake(next_at)] if next_at is not None else []
    return [*wakes, come_back.wake(due_at)] if due_at is not None else wakes


def _next() -> Select[datetime | None]:
    return select(func.min(Conversation.snoozed_until)).where(
        Conversation.organization_id == current_organization_id(), Conversation.snoozed_until.is_not(None)
    )
