"""One process delivers a channel at a time: a renewable lease on the channel's row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.messages.gates import AROUND, CHANNEL_GATES, asked, opening, zones
from loumass.messages.models import PRIORITY_CAMPAIGN, PRIORITY_PERSON

#: Longer than the longest silence between two renewals: a provider call that runs into its timeouts.
LEASE = timedelta(seconds=180)
UNLIMITED = 2**31 - 1

_TAKE = text("""
    UPDATE channel SET lease_token = :token, lease_until = :until
    WHERE organization_id = :organization_id AND id = :channel_id
      AND (lease_until IS NULL OR lease_until <= :now)
    RETURNING *
""")
#: The holder of the lease goes on, unless it was lost, the channel was paused or its limits are others. What waits for a
#: removed channel is still judged, and ends; `renew` says no.
RENEWED = """
    UPDATE channel SET lease_until = :until
    WHERE organization_id = :organization_id AND id = :channel_id AND lease_token = :token
      AND (state = 'active' OR archived_at IS NOT NULL)
      AND jsonb_build_array(daily_cap, per_minute, minimum_gap_seconds, brake_gap_seconds, window_weekdays, window_from, window_until)
          = CAST(:limits AS jsonb)
    RETURNING id
"""
_RENEW = text(RENEWED.replace("RETURNING id", "AND archived_at IS NULL RETURNING id"))
_RELEASE = text("""
    UPDATE channel SET lease_token = NULL, lease_until = NULL
    WHERE organization_id = :organization_id AND id = :channel_id AND lease_token = :token
""")
_FREE_AT = text(
    "SELECT lease_until FROM channel WHERE organization_id = :organization_id AND id = :channel_id"
)
_ASK = text(f"""
    SELECT m.priority, g.gate, {opening(CHANNEL_GATES, "g.gate")} AS opens_at, spot.today,
           coalesce(day.used, 0) AS used,
           (SELECT min(w.due_at) FROM message w WHERE w.organization_id = :organization_id
              AND w.channel_id = :channel_id AND w.is_open AND w.state = 'queued' AND w.priority = m.priority) AS due_at
    FROM (SELECT CAST(:channel_id AS uuid) AS channel_id, CAST(NULL AS uuid) AS contact_id,
                 CAST(NULL AS uuid) AS stream_id, CAST(NULL AS text) AS medium, priority
          FROM unnest(ARRAY[{PRIORITY_PERSON}, {PRIORITY_CAMPAIGN}]) AS priority) m
    {AROUND}
    {asked(CHANNEL_GATES)}
""")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to deliver `channel` (its row as it was taken) until `renew` fails."""

    token: UUID
    until: datetime
    channel: Channel

    @property
    def channel_id(self) -> UUID:
        """The channel's id."""
        return self.channel.id


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the channel may do now. `priorities` is empty when nothing may go, or nothing of what may is due."""

    priorities: Sequence[int]
    most: int
    campaign_most: int
    today: date


def take(channel_id: UUID) -> Lease | None:
    """The lease, or None while another process holds it. Commit before using it."""
    token, now = uuid7(), clock.now()
    until = now + LEASE
    taken = select(Channel).from_statement(_TAKE)
    channel = db().scalars(taken, _of(channel_id, token=token, until=until, now=now)).one_or_none()
    return Lease(token, until, channel) if channel else None


def renew(lease: Lease) -> datetime | None:
    """When the lease now ends; None when it was lost, or the channel was paused or got other limits: stop at once."""
    until = clock.now() + LEASE
    values = _of(lease.channel_id, token=lease.token, until=until, limits=limits(lease.channel))
    held = db().execute(_RENEW, values).one_or_none()
    return until if held else None


def limits(channel: Channel) -> str:
    """What a slice was judged by when it began, as `RENEWED` compares it."""
    pace = [channel.daily_cap, channel.per_minute, channel.minimum_gap_seconds, channel.brake_gap_seconds]
    return json.dumps([*pace, channel.window_weekdays, channel.window_from, channel.window_until])


def release(lease: Lease) -> None:
    """Give the channel to whoever comes next."""
    db().execute(_RELEASE, _of(lease.channel_id, token=lease.token))


def free_at(channel_id: UUID) -> datetime | None:
    """When the lease that another process holds ends by itself."""
    return db().scalar(_FREE_AT, _of(channel_id))


def allowance(lease: Lease, batch: int) -> Allowance:
    """What the channel's gates, cap and pace allow now, at most `batch` messages."""
    rows = _asked(lease.channel_id)
    channel = lease.channel
    left = UNLIMITED if channel.daily_cap is None else max(channel.daily_cap - rows[0].used, 0)
    open_now = [row for row in rows if row.gate is None]
    is_due = any(row.due_at is not None and row.due_at <= clock.now() for row in open_now)
    return Allowance(
        [row.priority for row in open_now] if is_due else [], min(batch, burst(channel)), left, rows[0].today
    )


def next_due(channel_id: UUID) -> datetime | None:
    """When the channel has something to send that its own gates let through; None when nothing waits so."""
    moments = []
    for row in _asked(channel_id):
        if row.due_at is not None and (row.gate is None or row.opens_at is not None):
            moments.append(max(row.due_at, row.opens_at) if row.opens_at else row.due_at)
    return min(moments, default=None)


def burst(channel: Channel) -> int:
    """How many messages may go in one slice: one with a minimum gap, else ten seconds' worth of the rate."""
    if channel.minimum_gap_seconds or channel.brake_gap_seconds:
        return 1
    return UNLIMITED if not channel.per_minute else max(1, channel.per_minute // 6)


def pause_after(channel: Channel, count: int) -> timedelta:
    """How long the channel rests after `count` messages so that rate and gap are kept."""
    paced = timedelta(minutes=count / channel.per_minute) if channel.per_minute else timedelta()
    gap = timedelta(seconds=max(channel.minimum_gap_seconds, channel.brake_gap_seconds))
    return max(paced, gap) if count else timedelta()


def _asked(channel_id: UUID) -> Sequence[Row[Any]]:
    return db().execute(_ASK, _of(channel_id, now=clock.now(), zones=zones())).all()


def _of(channel_id: UUID, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": channel_id, **more}
