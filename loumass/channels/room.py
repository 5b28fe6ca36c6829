"""What a channel may send today: the least of its cap and its warm-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from loumass.channels.models import Channel, ChannelDay
from loumass.channels.warming import Warmup, least
from loumass.core.database import db

#: From this share of a day's room people are told.
WARNED_AT = 0.8


@dataclass(frozen=True, slots=True)
class Room:
    """`cap` is None without any limit; `warmup_day` is None unless the warm-up, and not the cap, says how much."""

    cap: int | None
    warmup_day: int | None = None

    def is_near(self, used: int) -> bool:
        """Whether so many leave little of the day."""
        return self.cap is not None and self.cap > 0 and used >= self.cap * WARNED_AT

    def is_full(self, used: int) -> bool:
        """Whether nothing of a campaign goes any more."""
        return self.cap is not None and used >= self.cap


def room_of(channel: Channel, climbed: int) -> Room:
    """The room of a channel whose warm-up climbed on so many days. Pure."""
    warmup = Warmup.of(channel.warmup_start, channel.warmup_step, channel.warmup_ceiling)
    cap = least(channel.daily_cap, warmup, climbed)
    return Room(cap, climbed + 1 if warmup and cap == warmup.after(climbed) else None)


def rooms_of(channels: Sequence[Channel], today: date) -> dict[UUID, Room]:
    """The room of each channel. At most one statement."""
    climbed: dict[UUID, int] = {}
    warming = [one.id for one in channels if one.warmup_start is not None]
    if warming:
        rows = db().execute(
            select(ChannelDay.channel_id, func.count())
            .join(
                Channel,
                and_(
                    Channel.organization_id == ChannelDay.organization_id, Channel.id == ChannelDay.channel_id
                ),
            )
            .where(ChannelDay.channel_id.in_(warming), _climbs(today))
            .group_by(ChannelDay.channel_id)
        )
        climbed = {row[0]: row[1] for row in rows}
    return {one.id: room_of(one, climbed.get(one.id, 0)) for one in channels}


def cap_today(today: date) -> ColumnElement[int]:
    """The same in SQL, of each `Channel` of a statement."""
    climbed = (
        select(func.count())
        .select_from(ChannelDay)
        .where(
            ChannelDay.organization_id == Channel.organization_id,
            ChannelDay.channel_id == Channel.id,
            Channel.warmup_start.is_not(None),
            _climbs(today),
        )
        .correlate(Channel)
        .scalar_subquery()
    )
    return func.least(
        Channel.daily_cap, Channel.warmup_ceiling, Channel.warmup_start + Channel.warmup_step * climbed
    )


def _climbs(today: date) -> ColumnElement[bool]:
    return and_(ChannelDay.day >= Channel.warmup_since, ChannelDay.day < today, ChannelDay.sent > 0)
