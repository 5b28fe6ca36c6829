"""Senders as they stand now, with what waits in their queues: what a simulation sends by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence, Set
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, text

from loumass.accounts.days_off.reading import days_off
from loumass.channels.models import Channel
from loumass.channels.naming import called
from loumass.channels.rules import rules_now
from loumass.channels.warming import Warmup
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.simulating import senders as pure
from loumass.funnels.simulating.hours import Hours
from loumass.funnels.simulating.lanes import Letter
from loumass.funnels.walking.ground import zone_or
from loumass.messages.pooling import health, rooms_now

#: Of what other campaigns have waiting, so much is taken along; behind that a sender is busy for weeks.
MOST_OTHERS = 50_000
_STOPPED = {"paused": "channel_paused", "disconnected": "channel_disconnected"}

_BRANDS = text("""
    SELECT bc.channel_id, br.id AS brand_id, br.segments_per_day, coalesce(bd.used, 0) AS used
    FROM brand_channel bc
    JOIN brand br ON br.organization_id = :organization_id AND br.id = bc.brand_id
    LEFT JOIN brand_day bd ON bd.organization_id = :organization_id AND bd.brand_id = br.id
        AND bd.day = (CAST(:now AS timestamptz) AT TIME ZONE :home)::date
    WHERE bc.organization_id = :organization_id AND bc.channel_id = ANY(CAST(:ids AS uuid[]))
""")
# Whole minutes: a queue of a hundred thousand is a few hundred rows.
_OTHERS = text("""
    SELECT waiting.due_at, waiting.timezone, waiting.segments, count(*) AS messages FROM (
        SELECT date_trunc('minute', greatest(m.due_at, CAST(:now AS timestamptz))) AS due_at, co.timezone,
               coalesce(m.segments, 1) AS segments
        FROM message m
        LEFT JOIN contact co ON co.organization_id = :organization_id AND co.id = m.contact_id
        WHERE m.organization_id = :organization_id AND m.channel_id = :channel_id AND m.is_open AND m.state = 'queued'
          AND m.stream_id IS DISTINCT FROM CAST(:stream_id AS uuid)
        ORDER BY m.organization_id, m.channel_id, m.priority, m.due_at LIMIT :most) waiting
    GROUP BY waiting.due_at, waiting.timezone, waiting.segments ORDER BY waiting.due_at
""")


def limits_now(home: ZoneInfo, senders: Collection[pure.Sender], brands: Sequence[Row[Any]]) -> pure.Limits:
    """What all senders share."""
    rules = rules_now()
    wanted = {one.brand_id for one in senders if one.brand_id}
    return pure.Limits(
        home,
        pure.Budget(rules.contact_per_day, rules.contact_per_week),
        {
            row.brand_id: pure.Brand(row.segments_per_day, row.used)
            for row in brands
            if row.brand_id in wanted
        },
    )


def brands_of(channel_ids: Collection[UUID], home: ZoneInfo) -> Sequence[Row[Any]]:
    """Rows that say which brand each of the channels sends for, and what of its segments is used today."""
    bound = {"ids": uuid_array(channel_ids), "now": clock.now(), "home": home.key}
    return db().execute(_BRANDS, _of(**bound)).all()


def senders_of(channels: Sequence[Channel], brands: Sequence[Row[Any]]) -> list[pure.Sender]:
    """The channels as a simulation has them, in their order. Two statements, and one for days off where a sender skips them."""
    rows = {row.id: row for row in rooms_now([one.id for one in channels])}
    rules, brand_of = rules_now(), {row.channel_id: row.brand_id for row in brands}
    closed = frozenset(days_off()) if any(one.skips_days_off for one in channels) else frozenset()
    return [
        _sender(one, rows[one.id], rules, brand_of.get(one.id), closed) for one in channels if one.id in rows
    ]


def channels_named(channel_ids: Collection[UUID]) -> list[Channel]:
    """Channels by id, also those that were removed."""
    return list(db().scalars(select(Channel).where(Channel.id.in_(channel_ids)).order_by(Channel.id)))


def waiting_for_others(sender: pure.Sender, stream_id: UUID | None, home: ZoneInfo) -> Iterator[Letter]:
    """What others than the stream have in the sender's queue, first things first. One statement."""
    bound = _of(channel_id=sender.id, stream_id=stream_id, now=clock.now(), most=MOST_OTHERS)
    for row in db().execute(_OTHERS, bound).all():
        letter = Letter(row.due_at, 0, zone_or(row.timezone, home), None, row.segments)
        yield from (letter for _ in range(row.messages))


def _sender(
    channel: Channel, row: Row[Any], rules: Any, brand_id: UUID | None, closed: Set[date]
) -> pure.Sender:
    is_text = channel.medium != "email"
    hours = Hours(
        frozenset(channel.window_weekdays),
        channel.window_from,
        channel.window_until,
        rules.quiet_until if is_text else None,
        rules.quiet_from if is_text else 24 * 60,
        closed if channel.skips_days_off else frozenset(),
    )
    return pure.Sender(
        id=channel.id,
        medium=channel.medium,
        name=called(channel.name, channel.address),
        hours=hours,
        cap=channel.daily_cap,
        warmup=Warmup.of(channel.warmup_start, channel.warmup_step, channel.warmup_ceiling),
        climbed=row.warmup_day - 1,
        used=row.used,
        per_minute=channel.per_minute,
        gap_seconds=channel.minimum_gap_seconds,
        gap_jitter=channel.gap_jitter,
        brake_gap_seconds=channel.brake_gap_seconds,
        rests_until=channel.resting_until,
        stopped=_STOPPED.get(channel.state, ""),
        health=health(row),
        brand_id=brand_id,
    )


def _of(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
