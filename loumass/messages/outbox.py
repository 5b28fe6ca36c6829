"""The queue in PostgreSQL, beside what `outbox_attempt` takes out of it: what a crash left behind, and the day's count."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.messages.facts import ids_of
from loumass.messages.models import PRIORITY_PERSON
from loumass.messages.outbox_lease import Lease

_ANSWER_DUE = text("""
    SELECT EXISTS (SELECT 1 FROM message WHERE organization_id = :organization_id AND channel_id = :channel_id
        AND is_open AND state = 'queued' AND priority = :person AND due_at <= :now)
""")
_USED = text("""
    INSERT INTO channel_day (organization_id, channel_id, day, used)
    VALUES (:organization_id, :channel_id, :day, greatest(CAST(:change AS integer), 0))
    ON CONFLICT (organization_id, channel_id, day)
    DO UPDATE SET used = greatest(channel_day.used + CAST(:change AS integer), 0)
""")
# Whoever holds the channel's lease knows that every other `sending` row of it was left by somebody who lost theirs:
# it is in doubt, never sent again blindly.
_RECLAIM = text("""
    WITH left_behind AS (
        DELETE FROM attempt
        WHERE organization_id = :organization_id AND channel_id = :channel_id
          AND lease_until <= :now AND lease_token <> CAST(:token AS uuid)
        RETURNING lease_token, message_ids
    )
    UPDATE message SET state = 'in_doubt', due_at = CAST(:look_at AS timestamptz), reason_code = 'interrupted',
        reason = CAST(:reason AS text), lease_until = NULL, occurred_at = message.attempted_at
    FROM (
        SELECT m.id FROM left_behind CROSS JOIN unnest(left_behind.message_ids) AS one(id) CROSS JOIN LATERAL (
            SELECT id, state, lease_token FROM message
            WHERE organization_id = :organization_id AND id = one.id OFFSET 0 FOR UPDATE) m
        WHERE m.state = 'sending' AND m.lease_token = left_behind.lease_token
    ) gone
    WHERE message.organization_id = :organization_id AND message.id = gone.id
    RETURNING message.*
""")
_DONE_WITH = text("""
    DELETE FROM attempt
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND lease_token = :token
""")
INTERRUPTED = "The sending was interrupted just after it began. Nobody knows whether the message left."


def has_answer_due(lease: Lease) -> bool:
    """Whether a person's message waits on the channel: it goes before campaigns."""
    values = _of(lease, now=clock.now(), person=PRIORITY_PERSON)
    return bool(db().scalar(_ANSWER_DUE, values))


def reclaim(lease: Lease, look_at: datetime) -> int:
    """What others left half-sent is in doubt now; how many."""
    values = _of(lease, token=lease.token, now=clock.now(), look_at=look_at, reason=INTERRUPTED)
    rows = db().execute(_RECLAIM, values).all()
    publish_all("message.in_doubt", [ids_of(row) for row in rows])
    return len(rows)


def done_with(lease: Lease) -> None:
    """Everything that was attempted under the lease has its outcome: there is nothing left behind to look for."""
    db().execute(_DONE_WITH, _of(lease, token=lease.token))


def count_used(channel_id: UUID, day: date, change: int) -> None:
    """Count `change` messages into the channel's day; `sending` counts as used."""
    if change:
        db().execute(
            _USED,
            {
                "organization_id": current_organization_id(),
                "channel_id": channel_id,
                "day": day,
                "change": change,
            },
        )


def _of(lease: Lease, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": lease.channel_id, **more}
