"""A channel, or a brand of numbers, comes near its room of the day, and to its end: people are told once of each."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

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
_WARN_OF_BRAND = text("""
    UPDATE brand_day SET warned_at = coalesce(brand_day.warned_at, :now),
        full_at = CASE WHEN brand_day.used >= brand.segments_per_day THEN coalesce(brand_day.full_at, :now) END
    FROM brand
    WHERE brand_day.organization_id = :organization_id AND brand_day.brand_id = :brand_id AND brand_day.day = :day
      AND brand.organization_id = :organization_id AND brand.id = :brand_id AND brand.segments_per_day > 0
      AND ((brand_day.warned_at IS NULL
                AND brand_day.used >= brand.segments_per_day * CAST(:share AS double precision))
        OR (brand_day.full_at IS NULL AND brand_day.used >= brand.segments_per_day))
    RETURNING brand.name, brand_day.used, brand.segments_per_day AS cap
""")


def warn(channel: Channel) -> None:
    """Tell of a channel that has used four fifths of its room today, and of one that has used all of it; each once a day.
    Nothing is asked where nothing bounds it."""
    if channel.daily_cap is None and channel.warmup_start is None:
        return
    own = {"channel_id": channel.id, "zones": zones()}
    row = db().execute(_WARN, _bound(own)).one_or_none()
    if row is not None:
        publish("quota.warning", channel_id=channel.id, user_id=channel.owner_id, facts=_used(row))
        _show()


def warn_of_brand(brand_id: UUID, day: date) -> None:
    """The same of the segments that all numbers of a brand share on `day`, of the organization's."""
    row = db().execute(_WARN_OF_BRAND, _bound({"brand_id": brand_id, "day": day})).one_or_none()
    if row is not None:
        whose = {"of": "brand", "brand_id": str(brand_id), "brand": row.name}
        publish("quota.warning", facts=whose | _used(row))
        _show()


def _used(row: Row[Any]) -> dict[str, int]:
    return {"used": row.used, "cap": row.cap, "share": 100 if row.used >= row.cap else 80}


def _show() -> None:
    for topic in ("channels", "dashboard"):
        live.announce(topic)


def _bound(what: dict[str, Any]) -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "now": clock.now(),
        "share": WARNED_AT,
        **what,
    }
