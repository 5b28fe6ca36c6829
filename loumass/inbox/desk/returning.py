"""Reminders that are due: their conversations come back, and whoever set them is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id
from loumass.inbox.desk import notifying
from loumass.inbox.desk.models import Reminder

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
        SELECT :organization_id, told.user_id, 'reminder', told.conversation_id, :now FROM told
        RETURNING id, user_id, conversation_id
    )
    SELECT counted.done, said.id, said.user_id, said.conversation_id
    FROM (SELECT count(*) AS done FROM done) counted LEFT JOIN said ON true
""")


def bring_back(most: int) -> int:
    """Do what is due, `most` at once; returns how many reminders are done with."""
    values = {"organization_id": current_organization_id(), "now": clock.now(), "most": most}
    rows = db().execute(_REMIND, values).all()
    told = [row for row in rows if row.id is not None]
    if told:
        announce("inbox")
        notifying.hear("reminder", [(row.user_id, row.id, row.conversation_id) for row in told])
    return rows[0].done


def next_due() -> datetime | None:
    """When the next one is due."""
    return db().scalar(
        select(func.min(Reminder.due_at)).where(
            Reminder.organization_id == current_organization_id(), Reminder.done_at.is_(None)
        )
    )
