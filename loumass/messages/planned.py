"""What campaigns planned and what has not begun to leave: cancelled with its people, or due again with its stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.messages.facts import ids_of
from loumass.messages.planning import DELIVER

_CANCEL = text("""
    WITH ending AS MATERIALIZED (
        SELECT m.id FROM message m
        WHERE m.organization_id = :organization_id AND m.enrollment_id = ANY(CAST(:enrollments AS uuid[]))
          AND m.step_id IS NOT NULL AND m.state = 'queued'
        ORDER BY m.id FOR UPDATE
    )
    UPDATE message SET state = 'cancelled', reason_code = 'left', reason = :reason, ended_at = :now, due_at = NULL,
        waiting_for = NULL, lease_token = NULL, lease_until = NULL
    FROM ending
    WHERE message.organization_id = :organization_id AND message.id = ending.id
    RETURNING message.id, message.contact_id, message.stream_id, message.enrollment_id, message.conversation_id,
        message.channel_id, message.node_id
""")


def cancel_planned(
    enrollment_ids: Sequence[UUID], reason: str = "They left the campaign before it was sent."
) -> int:
    """Cancel what campaigns planned for the enrollments and what has not begun to leave; returns how many."""
    if not enrollment_ids:
        return 0
    rows = db().execute(
        _CANCEL,
        {
            "organization_id": current_organization_id(),
            "enrollments": list(enrollment_ids),
            "reason": reason,
            "now": clock.now(),
        },
    ).all()  # fmt: skip
    publish_all("message.cancelled", [ids_of(row, reason="left") for row in rows])
    return len(rows)


# Locked first, then changed by their keys alone: named once more, the state would lead through all that is queued for
# each of them, where few rows seem to be.
_OPEN_STREAM = text("""
    WITH waiting AS MATERIALIZED (
        SELECT id, created_at FROM message
        WHERE organization_id = :organization_id AND stream_id = :stream_id AND is_open AND state = 'queued'
          AND (waiting_for = 'campaign_paused' OR due_at IS NULL OR due_at <= :now)
        ORDER BY id FOR UPDATE
    ), turn AS MATERIALIZED (
        SELECT id, CAST(:now AS timestamptz)
            + CAST(:spread AS interval) * (row_number() OVER (ORDER BY created_at, id) - 1)
            / greatest(count(*) OVER (), 1) AS due_at
        FROM waiting
    ), opened AS (
        UPDATE message SET due_at = turn.due_at, waiting_for = NULL
        FROM turn WHERE message.organization_id = :organization_id AND message.id = turn.id
        RETURNING message.channel_id
    )
    SELECT DISTINCT channel_id FROM opened ORDER BY channel_id
""")


def release_stream(stream_id: UUID, spread: timedelta = timedelta()) -> None:
    """What waited for the stream's pause is due again: at once, or evenly over `spread`; channels are woken.

    What was planned for a later time keeps it.
    """
    moment: datetime = clock.now()
    channels = db().scalars(
        _OPEN_STREAM,
        {
            "organization_id": current_organization_id(),
            "stream_id": stream_id,
            "now": moment,
            "spread": spread,
        },
    )
    wake_all([Wake(DELIVER, (str(one),), moment) for one in channels])
