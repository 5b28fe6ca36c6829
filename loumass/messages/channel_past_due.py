"""What a channel has waiting that was due long ago, counted and settled: handed down to the channels' pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from loumass.channels.past_due import Choice, PastDue
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.outbox_queueing import cancel_messages, ring_channels

_WHICH = """
    organization_id = :organization_id AND channel_id = :channel_id AND is_open AND state = 'queued' AND due_at <= :before
"""
_COUNT = text(f"SELECT count(*) AS messages, min(due_at) AS oldest_at FROM message WHERE {_WHICH}")
_LOCK = text(f"SELECT id FROM message WHERE {_WHICH} ORDER BY id FOR UPDATE")
_SPREAD = text(f"""
    WITH waiting AS MATERIALIZED (SELECT id, priority, due_at FROM message WHERE {_WHICH} ORDER BY id FOR UPDATE),
    turn AS MATERIALIZED (
        SELECT id, CAST(:now AS timestamptz) + CAST(:spread AS interval)
            * (row_number() OVER (ORDER BY priority, due_at, id) - 1) / greatest(count(*) OVER (), 1) AS due_at
        FROM waiting
    )
    UPDATE message SET due_at = turn.due_at, waiting_for = NULL
    FROM turn WHERE message.organization_id = :organization_id AND message.id = turn.id
    RETURNING message.id
""")


def count_past_due(channel_id: UUID, before: datetime) -> PastDue:
    """The messages of the channel that were due before then."""
    row = db().execute(_COUNT, _of(channel_id, before)).one()
    return PastDue(row.messages, row.oldest_at)


def settle_past_due(channel_id: UUID, before: datetime, choice: Choice) -> int:
    """They go at once, in turns, or not at all; how many."""
    if choice.what == "drop":
        ids = db().scalars(_LOCK, _of(channel_id, before)).all()
        return cancel_messages(
            ids, "past_due", "It was past due when the channel went on, and was taken back."
        )
    if choice.what == "spread":
        bound = {**_of(channel_id, before), "now": clock.now(), "spread": timedelta(hours=choice.hours)}
        count = len(db().execute(_SPREAD, bound).all())
        ring_channels([channel_id])
        return count
    return count_past_due(channel_id, before).count


def _of(channel_id: UUID, before: datetime) -> dict[str, object]:
    return {"organization_id": current_organization_id(), "channel_id": channel_id, "before": before}
