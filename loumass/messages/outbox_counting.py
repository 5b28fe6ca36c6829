"""What several channels share is counted by one of them at a time: the segments of a brand, and what each person gets.

Only where an organization has set it: looking ahead, locking and metering are statements of their own, before the attempt.
Locked in one order: contacts by id, then the brand, then the channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text

from loumass.accounts.numbering import organization_number
from loumass.channels.models import Channel
from loumass.content.segments import segments
from loumass.core.arrays import integer_array, uuid_array
from loumass.core.database import db
from loumass.core.plans import looked_up_in_order
from loumass.core.tenancy import current_organization_id
from loumass.messages.outbox_lease import Allowance
from loumass.messages.rendering import rendered, surroundings

log = structlog.get_logger("deliver")

_AHEAD = text("""
    SELECT id, contact_id, conversation_id, stream_id, priority, medium, to_address, content_version_id, merge_values,
           rfc_message_id, in_reply_to, reference_ids, segments, draft_id, attempts, sound_id, tracked, tracking_domain_id
    FROM message
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND is_open AND state = 'queued'
      AND priority = ANY(CAST(:priorities AS integer[])) AND due_at <= :now
      AND (priority, due_at, id) > (CAST(:after_priority AS integer), CAST(:after_due_at AS timestamptz), CAST(:after_id AS uuid))
    ORDER BY organization_id, channel_id, priority, due_at, id LIMIT :looked_at
""")
_LOCK_CONTACTS = text("""
    SELECT id FROM contact WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[]))
    ORDER BY id FOR NO KEY UPDATE
""")
_LOCK_BRAND = text("""
    SELECT id FROM brand WHERE organization_id = :organization_id AND id = :brand_id FOR NO KEY UPDATE
""")
_METER = text("""
    UPDATE message SET segments = metered.segments
    FROM unnest(CAST(:ids AS uuid[]), CAST(:segments AS integer[])) AS metered(id, segments)
    WHERE message.organization_id = :organization_id AND message.id = metered.id AND message.state = 'queued'
""")
_GIVE_BACK = text("""
    UPDATE brand_day SET used = greatest(brand_day.used - CAST(:segments AS integer), 0)
    FROM brand_channel
    WHERE brand_day.organization_id = :organization_id AND brand_day.day = :day
      AND brand_channel.organization_id = :organization_id AND brand_channel.channel_id = :channel_id
      AND brand_day.brand_id = brand_channel.brand_id
""")


def prepared(
    channel: Channel, allowed: Allowance, moment: datetime, values: Mapping[str, Any]
) -> Sequence[UUID]:
    """The messages that the attempt with `values` may judge: whoever else counts the same waits until its commit."""
    with looked_up_in_order():
        rows = db().execute(_AHEAD, values).all()
    if allowed.has_budget:
        contacts = sorted({row.contact_id for row in rows if row.contact_id})
        db().execute(_LOCK_CONTACTS, _of(ids=uuid_array(contacts))).all()
    if allowed.brand_id is not None:
        _meter(channel, [row for row in rows if row.segments is None], moment)
        db().execute(_LOCK_BRAND, _of(brand_id=allowed.brand_id)).all()
    return [row.id for row in rows]


def give_back(channel_id: UUID, day: date, rows: Sequence[Row[Any]]) -> None:
    """`rows` were taken and wait again: their segments were not used."""
    count = sum(row.segments or 0 for row in rows)
    if count:
        db().execute(_GIVE_BACK, _of(channel_id=channel_id, day=day, segments=count))


def _meter(channel: Channel, rows: Sequence[Row[Any]], moment: datetime) -> None:
    """Texts know how many segments they take before they are attempted: what is frozen does not change."""
    if not rows:
        return
    number = organization_number()
    around = surroundings(channel, number, rows)
    counts = [_segments_of(lambda row=row: rendered(row, around, moment).message.text) for row in rows]
    db().execute(_METER, _of(ids=uuid_array(row.id for row in rows), segments=integer_array(counts)))


def _segments_of(written: Any) -> int:
    try:
        return max(segments(written()).count, 1)
    except (
        Exception
    ) as problem:  # what cannot be written fails by itself when it is its turn, with its reason
        log.info("deliver.unmetered", problem=type(problem).__name__)
        return 1


def _of(**values: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **values}
