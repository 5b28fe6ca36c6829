"""Streams: what writes to many is paused, resumed and closed as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, text, update

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.models import Stream
from loumass.messages.outbox_queueing import cancel_for_stream, cancel_messages
from loumass.messages.planned import release_stream

# A paused stream's messages are parked by its gate when they come due; the others keep their time.
_PAST_DUE = text("""
    SELECT count(*) AS messages, min(occurred_at) AS oldest_at FROM message
    WHERE organization_id = :organization_id AND stream_id = :id AND is_open AND state = 'queued'
      AND (waiting_for = 'campaign_paused' OR due_at <= :now)
""")
_DROP_PAST_DUE = text("""
    SELECT id FROM message
    WHERE organization_id = :organization_id AND stream_id = :id AND is_open AND state = 'queued'
      AND (waiting_for = 'campaign_paused' OR due_at <= :now)
    FOR UPDATE
""")


@dataclass(frozen=True, slots=True)
class PastDue:
    """What would go at once if a stream were resumed now; `oldest_at` is when the first was planned."""

    count: int
    oldest_at: datetime | None


def open_stream(stream_id: UUID) -> None:
    """Make the stream of something that writes to many (a campaign has one of the same id)."""
    db().execute(insert(Stream).values(id=stream_id))


def pause_stream(stream_id: UUID) -> None:
    """From this commit on nothing of the stream is claimed or attempted."""
    db().execute(
        update(Stream).where(Stream.id == stream_id, Stream.paused_at.is_(None)).values(paused_at=clock.now())
    )


def past_due(stream_id: UUID) -> PastDue:
    """What a pause has held up: ask people before letting it go."""
    row = db().execute(_PAST_DUE, _of(stream_id)).one()
    return PastDue(row.messages, row.oldest_at)


def resume_stream(stream_id: UUID, *, drops_past_due: bool = False, spread: timedelta = timedelta()) -> int:
    """Go on. What is past due goes now or evenly over `spread`, or is dropped; how many those were."""
    count = past_due(stream_id).count
    if drops_past_due:
        _drop_past_due(stream_id)
    db().execute(update(Stream).where(Stream.id == stream_id).values(paused_at=None))
    release_stream(stream_id, spread)
    return count


def close_stream(
    stream_id: UUID, code: str = "campaign_closed", reason: str = "The campaign has ended."
) -> int:
    """End it for good and take back what is queued; how many messages."""
    db().execute(update(Stream).where(Stream.id == stream_id).values(closed_at=clock.now()))
    return cancel_for_stream(stream_id, code, reason)


def _drop_past_due(stream_id: UUID) -> None:
    ids = db().scalars(_DROP_PAST_DUE, _of(stream_id)).all()
    cancel_messages(ids, "past_due", "It was past due when the campaign went on, and was dropped.")


def _of(stream_id: UUID) -> dict[str, object]:
    return {"organization_id": current_organization_id(), "id": stream_id, "now": clock.now()}
