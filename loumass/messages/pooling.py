"""Several senders of one medium together: whoever was written to by one keeps it, the others are spread by what each may
send and how well it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.plans import looked_up_in_order
from loumass.core.tenancy import current_organization_id
from loumass.messages.gates import zones
from loumass.messages.gates_around import AROUND, ROOM
from loumass.messages.spreading import Sender, a_day, spread

__all__ = ["Sender", "a_day", "health", "kept_senders", "rooms_now", "senders_now", "spread"]

#: What waits on a sender is counted so far: behind that all are busy for days.
COUNTED = 5_000
#: So many of a week's messages must have gone before their bounces say something.
ENOUGH = 20
#: Share of bounces over a week, and what part of its messages such a sender still gets.
_BOUNCED = ((0.10, 0.0), (0.05, 0.25), (0.02, 0.5))
#: Share of complaints over a week from which a sender gets nobody new (Gmail asks for less than 0.3 %).
_COMPLAINED = 0.003
_RESTING = 0.25

_STANDING = text(f"""
    SELECT ch.id, ch.state, ch.archived_at, ch.per_minute, ch.minimum_gap_seconds, ch.failures_in_a_row,
           coalesce(ch.resting_until > :now, false) AS rests, room.cap, room.warmup_day, coalesce(day.used, 0) AS used,
           queue.waiting, week.sent, week.bounced, week.complained
    FROM (SELECT one AS channel_id, CAST(NULL AS uuid) AS contact_id, CAST(NULL AS uuid) AS stream_id,
                 CAST(NULL AS text) AS medium, 0 AS priority FROM unnest(CAST(:ids AS uuid[])) AS one) m
    {AROUND} {ROOM}
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting FROM (
            SELECT 1 FROM message q
            WHERE q.organization_id = :organization_id AND q.channel_id = ch.id AND q.is_open AND q.state = 'queued'
            LIMIT :counted) q
    ) queue
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(d.sent), 0) AS sent, coalesce(sum(d.bounced), 0) AS bounced,
               coalesce(sum(d.complained), 0) AS complained
        FROM channel_day d
        WHERE d.organization_id = :organization_id AND d.channel_id = ch.id AND d.day > spot.today - 7
    ) week
""")
# Whom somebody was written to by last in this stream. What never left binds nobody.
_KEPT = text("""
    SELECT asked.id, said.channel_id FROM unnest(CAST(:contacts AS uuid[])) AS asked(id)
    CROSS JOIN LATERAL (
        SELECT m.channel_id FROM message m
        WHERE m.organization_id = :organization_id AND m.contact_id = asked.id AND m.stream_id = :stream_id
          AND m.medium = :medium AND m.direction = 'out' AND m.state <> 'cancelled'
        ORDER BY m.organization_id, m.contact_id, m.occurred_at DESC, m.id DESC LIMIT 1) said
""")


def kept_senders(stream_id: UUID, medium: str, contact_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Contact -> the channel that wrote to them in this stream; who was not written to is left out. One statement."""
    with looked_up_in_order():
        rows = db().execute(
            _KEPT,
            {
                "organization_id": current_organization_id(),
                "contacts": uuid_array(contact_ids),
                "stream_id": stream_id,
                "medium": medium,
            },
        ).all()  # fmt: skip
    return {row.id: row.channel_id for row in rows}


def senders_now(channel_ids: Sequence[UUID]) -> list[Sender]:
    """How the channels stand, in the order of `channel_ids`. One statement."""
    found = {row.id: _sender(row) for row in rooms_now(channel_ids)}
    return [found[one] for one in channel_ids if one in found]


def rooms_now(channel_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Rows with what each channel may send today (`cap`), did (`used`), has waiting, and the day of its warm-up."""
    bound = {
        "organization_id": current_organization_id(),
        "now": clock.now(),
        "zones": zones(),
        "ids": uuid_array(channel_ids),
        "counted": COUNTED,
    }
    return db().execute(_STANDING, bound).all()


def _sender(row: Row[Any]) -> Sender:
    return Sender(
        row.id, a_day(row.cap, row.per_minute, row.minimum_gap_seconds) * health(row), row.used + row.waiting
    )


def health(row: Row[Any]) -> float:
    """Between 0 and 1: what part of its messages it should get."""
    if row.state != "active" or row.archived_at is not None:
        return 0.0
    health = _RESTING if row.rests and row.failures_in_a_row else 1.0
    if row.sent < ENOUGH:
        return health
    if row.complained / row.sent > _COMPLAINED:
        return 0.0
    return health * next((part for share, part in _BOUNCED if row.bounced / row.sent >= share), 1.0)
