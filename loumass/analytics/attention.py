"""What is broken or waits for a person, with the facts that its sentence needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.analytics.usage import Used, warnings
from loumass.channels.brands import Segments
from loumass.channels.room import Room
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.outgoing.endpoints import turned_off
from loumass.outgoing.models import WebhookEndpoint

#: How long a file with refused rows is worth mentioning.
RECENT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class TroubledChannel:
    """A sender that cannot send now, or cannot read its answers."""

    id: UUID
    name: str
    address: str
    medium: str
    state: str
    state_reason: str
    state_changed_at: datetime
    poll_problem: str
    daily_cap: int | None
    used: int
    #: Messages that wait for it.
    waiting: int

    @property
    def is_at_cap(self) -> bool:
        """Whether nothing more of a campaign goes today."""
        return Room(self.daily_cap).is_full(self.used)


@dataclass(frozen=True, slots=True)
class TroubledBrand(Segments):
    """A brand whose numbers share segments of which little is left today, or nothing, while texts wait."""

    waiting: int


@dataclass(frozen=True, slots=True)
class SlowedChannel:
    """A sender of which too much came back, so that it sends slower."""

    id: UUID
    name: str
    because: str


@dataclass(frozen=True, slots=True)
class SparedDomain:
    """A recipients' mail server that sent too much back, so that campaigns wait."""

    domain: str
    because: str
    until_at: datetime


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Sends of which nobody knows whether they arrived."""

    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnfinishedImport:
    """A file that failed, or of which rows were refused."""

    id: UUID
    file_name: str
    state: str
    problem: str | None
    refused_count: int
    went_in: int


@dataclass(frozen=True, slots=True)
class HeldCampaign:
    """People of one campaign who stand still until somebody decides."""

    id: UUID
    name: str
    held: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """People who wrote last and have no answer yet."""

    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attention:
    """Everything that wants a person, the worst first."""

    channels: list[TroubledChannel]
    in_doubt: InDoubt
    imports: list[UnfinishedImport]
    held: list[HeldCampaign]
    slowed: list[SlowedChannel]
    spared: list[SparedDomain]
    #: People who may have asked us to stop, in their own words.
    proposals: int
    #: Addresses that were told of events until they took no more calls.
    deaf: Sequence[WebhookEndpoint]
    #: What of the plan is used up, or nearly.
    plan: Sequence[Used]
    brands: Sequence[TroubledBrand]

    @property
    def count(self) -> int:
        """How many lines that is."""
        listed = (self.channels, self.brands, self.imports, self.held, self.slowed, self.spared, self.deaf)
        return sum(map(len, (*listed, self.plan))) + bool(self.in_doubt.count) + bool(self.proposals)


_CHANNELS = text("""
    SELECT channel.id, name, address, medium, state, state_reason, state_changed_at, poll_problem, room.cap AS daily_cap,
        coalesce(channel_day.used, 0) AS used,
        (SELECT count(*) FROM message WHERE message.organization_id = :organization_id
            AND message.channel_id = channel.id AND message.is_open AND message.state = 'queued') AS waiting
    FROM channel
    LEFT JOIN channel_day ON channel_day.organization_id = :organization_id
        AND channel_day.channel_id = channel.id AND channel_day.day = :today
    CROSS JOIN LATERAL (
        SELECT least(daily_cap, warmup_ceiling, warmup_start + warmup_step * count(*)) AS cap
        FROM channel_day climbed
        WHERE climbed.organization_id = :organization_id AND climbed.channel_id = channel.id
            AND channel.warmup_start IS NOT NULL AND climbed.day >= channel.warmup_since AND climbed.day < :today
            AND climbed.sent > 0
    ) room
    WHERE channel.organization_id = :organization_id AND channel.archived_at IS NULL
        AND (state <> 'active' OR poll_problem <> '' OR channel_day.used >= room.cap OR channel_day.warned_at IS NOT NULL)
    ORDER BY (state = 'disconnected') DESC, (state = 'paused') DESC, name, channel.id
""")
_BRANDS = text("""
    SELECT brand.id AS brand_id, brand.name AS brand, brand.segments_per_day AS cap, day.used, queued.waiting
    FROM brand_day day
    JOIN brand ON brand.organization_id = :organization_id AND brand.id = day.brand_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting FROM brand_channel number
        JOIN message ON message.organization_id = :organization_id AND message.channel_id = number.channel_id
            AND message.is_open AND message.state = 'queued'
        WHERE number.organization_id = :organization_id AND number.brand_id = brand.id
    ) queued
    WHERE day.organization_id = :organization_id AND day.day = :today AND queued.waiting > 0
        AND (day.used >= brand.segments_per_day OR day.warned_at IS NOT NULL)
    ORDER BY brand.name, brand.id
""")
_IN_DOUBT = text("""
    SELECT count(*) AS count, min(attempted_at) AS oldest_at FROM message
    WHERE organization_id = :organization_id AND is_in_doubt
""")
_IMPORTS = text("""
    SELECT id, file_name, state, problem, refused_count, created_count + updated_count AS went_in
    FROM contact_import
    WHERE organization_id = :organization_id AND created_at >= :since AND (state = 'failed' OR refused_count > 0)
    ORDER BY (state = 'failed') DESC, created_at DESC, id LIMIT 3
""")
_HELD = text("""
    SELECT campaign.id, campaign.name, count(*) AS held
    FROM enrollment
    JOIN campaign ON campaign.organization_id = :organization_id AND campaign.id = enrollment.campaign_id
    WHERE enrollment.organization_id = :organization_id AND enrollment.state = 'held'
        AND NOT EXISTS (SELECT 1 FROM message WHERE message.organization_id = :organization_id
            AND message.enrollment_id = enrollment.id AND message.is_in_doubt)
    GROUP BY campaign.id, campaign.name ORDER BY held DESC, campaign.id LIMIT 3
""")
_SLOWED = text("""
    SELECT id, name, brake_because AS because FROM channel
    WHERE organization_id = :organization_id AND brake_gap_seconds > 0 AND state = 'active' AND archived_at IS NULL
    ORDER BY name, id LIMIT 5
""")
_SPARED = text("""
    SELECT domain, because, until_at FROM domain_brake
    WHERE organization_id = :organization_id AND until_at > :now ORDER BY began_at DESC LIMIT 3
""")
_PROPOSALS = text("""
    SELECT count(DISTINCT conversation_id) AS count FROM opt_out_proposal
    WHERE organization_id = :organization_id AND decided_at IS NULL
""")
_WAITING = text("""
    SELECT count(DISTINCT coalesce(contact_id, id)) AS count, min(needs_reply_since) AS oldest_at FROM conversation
    WHERE organization_id = :organization_id AND needs_reply_since IS NOT NULL AND closed_at IS NULL
        AND (snoozed_until IS NULL OR snoozed_until <= :now)
""")


def attention(today: date) -> Attention:
    """What is broken or stands still in the current organization; `today` is its day."""
    return Attention(
        channels=[channel for channel in _channels(today) if _is_trouble(channel)],
        in_doubt=InDoubt(**_one(_IN_DOUBT)),
        imports=[UnfinishedImport(**row) for row in _all(_IMPORTS, since=clock.now() - RECENT)],
        held=[HeldCampaign(**row) for row in _all(_HELD)],
        slowed=[SlowedChannel(**row) for row in _all(_SLOWED)],
        spared=[SparedDomain(**row) for row in _all(_SPARED, now=clock.now())],
        proposals=_one(_PROPOSALS)["count"],
        deaf=turned_off(),
        plan=warnings(),
        brands=[TroubledBrand(**row) for row in _all(_BRANDS, today=today)],
    )


def waiting_for_reply() -> Waiting:
    """Who waits for an answer of ours."""
    return Waiting(**_one(_WAITING, now=clock.now()))


def _channels(today: date) -> list[TroubledChannel]:
    return [TroubledChannel(**row) for row in _all(_CHANNELS, today=today)]


def _is_trouble(channel: TroubledChannel) -> bool:
    # A cap that is reached, or near, is good news as long as nothing waits.
    return channel.state != "active" or bool(channel.poll_problem) or channel.waiting > 0


def _all(statement: Any, **values: Any) -> list[dict[str, Any]]:
    rows = db().execute(statement, {"organization_id": current_organization_id(), **values})
    return [dict(row._mapping) for row in rows]


def _one(statement: Any, **values: Any) -> dict[str, Any]:
    return _all(statement, **values)[0]
