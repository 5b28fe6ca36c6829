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
from loumass.channels.tracking_using import domain_for
from loumass.core import clock
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.events.service import listeners_of
from loumass.messages.gates import CHANNEL_GATES, asked, opening, zones
from loumass.messages.gates_around import OF_CHANNELS
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
      AND jsonb_build_array(daily_cap, per_minute, minimum_gap_seconds, gap_jitter, brake_gap_seconds, warmup_start,
                            warmup_step, warmup_ceiling, window_weekdays, window_from, window_until, skips_days_off)
          = CAST(:limits AS jsonb)
    RETURNING id
"""
_RENEW = text(RENEWED.replace("RETURNING id", "AND archived_at IS NULL RETURNING id"))
_RELEASE = text("""
    UPDATE channel SET lease_token = NULL, lease_until = NULL
    WHERE organization_id = :organization_id AND id = :channel_id AND lease_token = :token
""")
_NOTE_DRAFT = text("""
    UPDATE message SET draft_id = :draft_id
    WHERE organization_id = :organization_id AND id = :id AND lease_token = :token AND state = 'sending'
    RETURNING id
""")
_FREE_AT = text(
    "SELECT lease_until FROM channel WHERE organization_id = :organization_id AND id = :channel_id"
)
_ASK = text(f"""
    SELECT m.priority, g.gate, {opening(CHANNEL_GATES, "g.gate")} AS opens_at, spot.today,
           coalesce(day.used, 0) AS used, room.cap, brand.id AS brand_id,
           rule.contact_per_day IS NOT NULL OR rule.contact_per_week IS NOT NULL AS has_budget,
           (SELECT min(w.due_at) FROM message w WHERE w.organization_id = :organization_id
              AND w.channel_id = :channel_id AND w.is_open AND w.state = 'queued' AND w.priority = m.priority) AS due_at
    FROM (SELECT CAST(:channel_id AS uuid) AS channel_id, CAST(NULL AS uuid) AS contact_id,
                 CAST(NULL AS uuid) AS stream_id, CAST(NULL AS text) AS medium,
                 CAST(NULL AS integer) AS segments, priority
          FROM unnest(ARRAY[{PRIORITY_PERSON}, {PRIORITY_CAMPAIGN}]) AS priority) m
    {OF_CHANNELS}
    {asked(CHANNEL_GATES)}
""")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to deliver `channel` (its row as it was taken) until `renew` fails."""

    token: UUID
    until: datetime
    channel: Channel
    #: The verified name that what is tracked goes out under; None: the installation's own.
    tracking_domain_id: UUID | None = None

    @property
    def channel_id(self) -> UUID:
        """The channel's id."""
        return self.channel.id


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the channel may do now. `priorities` is empty when nothing may go, or nothing of what may is due.

    `brand_id` is whose segments its texts use; with `has_budget` what each person got is counted.
    """

    priorities: Sequence[int]
    most: int
    campaign_most: int
    today: date
    brand_id: UUID | None = None
    has_budget: bool = False
    #: Who hears of what was sent and of what is not sent any more.
    hear_of_sent: Sequence[str] = ()
    hear_of_cancelled: Sequence[str] = ()

    @property
    def is_counted(self) -> bool:
        """Whether more is counted than the channel itself: what several channels share."""
        return self.has_budget or self.brand_id is not None


def take(channel_id: UUID) -> Lease | None:
    """The lease, or None while another process holds it. Commit before using it."""
    token, now = uuid7(), clock.now()
    until = now + LEASE
    taken = select(Channel).from_statement(_TAKE)
    channel = db().scalars(taken, _of(channel_id, token=token, until=until, now=now)).one_or_none()
    if channel is None:
        return None
    return Lease(token, until, channel, domain_for(channel.address) if channel.medium == "email" else None)


def renew(lease: Lease) -> datetime | None:
    """When the lease now ends; None when it was lost, or the channel was paused or got other limits: stop at once."""
    until = clock.now() + LEASE
    values = _of(lease.channel_id, token=lease.token, until=until, limits=limits(lease.channel))
    held = db().execute(_RENEW, values).one_or_none()
    return until if held else None


def limits(channel: Channel) -> str:
    """What a slice was judged by when it began, as `RENEWED` compares it."""
    pace = [channel.daily_cap, channel.per_minute, channel.minimum_gap_seconds, channel.gap_jitter]
    warmup = [channel.brake_gap_seconds, channel.warmup_start, channel.warmup_step, channel.warmup_ceiling]
    window = [channel.window_weekdays, channel.window_from, channel.window_until, channel.skips_days_off]
    return json.dumps([*pace, *warmup, *window])


def note_draft(lease: Lease, message_id: UUID, draft_id: str) -> bool:
    """Write down the vendor's draft of a message taken under `lease`; False when somebody else has it by now."""
    values = {
        "organization_id": current_organization_id(),
        "id": message_id,
        "draft_id": draft_id,
        "token": lease.token,
    }
    return db().execute(_NOTE_DRAFT, values).one_or_none() is not None


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
    first = rows[0]
    left = UNLIMITED if first.cap is None else max(first.cap - first.used, 0)
    open_now = [row for row in rows if row.gate is None]
    is_due = any(row.due_at is not None and row.due_at <= clock.now() for row in open_now)
    return Allowance(
        [row.priority for row in open_now] if is_due else [], min(batch, burst(channel)), left, first.today,
        first.brand_id, first.has_budget, listeners_of("message.sent"), listeners_of("message.cancelled"),
    )  # fmt: skip


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


def pause_after(channel: Channel, count: int, last: UUID | None = None) -> timedelta:
    """How long the channel rests after `count` messages so that rate and gap are kept.

    Each gap is longer by a share of its own, up to the channel's jitter, that follows from the `last` message: told again
    after a crash it is the same.
    """
    if not count:
        return timedelta()
    paced = timedelta(minutes=count / channel.per_minute) if channel.per_minute else timedelta()
    share = _share_of(last) * channel.gap_jitter / 100 if last else 0.0
    return max(
        paced, timedelta(seconds=max(channel.minimum_gap_seconds * (1 + share), channel.brake_gap_seconds))
    )


def _share_of(message_id: UUID) -> float:
    """Between 0 and 1, as good as random: the last half of an id is."""
    return (message_id.int & 0xFFFFFFFF) / 0xFFFFFFFF


def _asked(channel_id: UUID) -> Sequence[Row[Any]]:
    return db().execute(_ASK, _of(channel_id, now=clock.now(), zones=zones())).all()


def _of(channel_id: UUID, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": channel_id, **more}
