"""A channel comes near its room of the day, and to its end: people are told once of each."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from loumass.channels.models import Channel
from loumass.channels.room import WARNED_AT
from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish
from loumass.messages.gates import zones
from loumass.messages.gates_around import AROUND, ROOM

_WARN = text(f"""
    UPDATE channel_day SET warned_at = coalesce(channel_day.warned_at, :now),
        full_at = CASE WHEN channel_day.used >= asked.cap THEN coalesce(channel_day.full_at, :now) END
    FROM (
        SELECT room.cap, spot.today
        FROM (SELECT CAST(:channel_id AS uuid) AS channel_id, CAST(NULL AS uuid) AS contact_id,
                     CAST(NULL AS uuid) AS stream_id, CAST(NULL AS text) AS medium, 0 AS priority) m
        {AROUND} {ROOM}
    ) asked
    WHERE channel_day.organization_id = :organization_id AND channel_day.channel_id = :channel_id
      AND channel_day.day = asked.today AND asked.cap > 0
      AND ((channel_day.warned_at IS NULL AND channel_day.used >= asked.cap * CAST(:share AS double precision))
        OR (channel_day.full_at IS NULL AND channel_day.used >= asked.cap))
    RETURNING channel_day.used, asked.cap
""")


def warn(channel: Channel) -> None:
    """Tell of a channel that has used four fifths of its room today, and of one that has used all of it; each once a day.
    Nothing is asked where nothing bounds it."""
    if channel.daily_cap is None and channel.warmup_start is None:
        return
    row = db().execute(_WARN, _bound(channel.id)).one_or_none()
    if row is not None:
        facts = {"used": row.used, "cap": row.cap, "share": 100 if row.used >= row.cap else 80}
        publish("quota.warning", channel_id=channel.id, user_id=channel.owner_id, facts=facts)
        for topic in ("channels", "dashboard"):
            live.announce(topic)


def _bound(channel_id: UUID) -> dict[str, object]:
    return {
        "organization_id": current_organization_id(),
        "channel_id": channel_id,
        "now": clock.now(),
        "zones": zones(),
        "share": WARNED_AT,
    }
