"""Reading channels for their pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, select
from sqlalchemy.orm import aliased

from loumass.accounts.models import User
from loumass.channels.brands import Segments, segments_of
from loumass.channels.models import Channel, ChannelDay
from loumass.channels.room import Room, cap_today, rooms_of
from loumass.channels.waiting import Queue, queues
from loumass.core.database import db
from loumass.core.paging import Page, page

RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Recent:
    """What a channel did over the last thirty days."""

    sent: int = 0
    failed: int = 0
    bounced: int = 0
    replied: int = 0
    complained: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """One line of the list."""

    channel: Channel
    owner: str
    used: int
    recent: Recent
    queue: Queue
    room: Room
    segments: Segments | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """All channels together: sent today, and how many more the caps of working channels allow."""

    sent: int
    room: int
    has_endless: bool


def overviews(today: date, medium: str = "", cursor: str | None = None) -> Page[Overview]:
    """The channels that are in use, by medium and address."""
    used = aliased(ChannelDay)
    statement = (
        select(Channel, User.name, func.coalesce(used.used, 0))
        .outerjoin(User, User.id == Channel.owner_id)
        .outerjoin(used, _of_day(used, today))
        .where(Channel.archived_at.is_(None))
    )
    if medium:
        statement = statement.where(Channel.medium == medium)
    found = page(statement, [Channel.medium, Channel.address, Channel.id], cursor)
    ids = [row[0].id for row in found.items]
    recents, waiting = recent_of(ids, today), queues(ids)
    channels = [row[0] for row in found.items]
    rooms, segments = rooms_of(channels, today), segments_of(channels, today)
    lines = [
        Overview(
            channel,
            owner or "",
            in_use,
            recents.get(channel.id, Recent()),
            waiting[channel.id],
            rooms[channel.id],
            segments.get(channel.id),
        )
        for channel, owner, in_use, *_ in found.items
    ]
    return Page(lines, found.before, found.after)


def overview(channel: Channel, today: date) -> Overview:
    """One channel as the list shows it."""
    owner = db().scalar(select(User.name).where(User.id == channel.owner_id)) or ""
    used = db().scalar(
        select(ChannelDay.used).where(ChannelDay.channel_id == channel.id, ChannelDay.day == today)
    )
    recent = recent_of([channel.id], today).get(channel.id, Recent())
    room, segments = rooms_of([channel], today)[channel.id], segments_of([channel], today).get(channel.id)
    return Overview(channel, owner, used or 0, recent, queues([channel.id])[channel.id], room, segments)


def recent_of(channel_ids: list[UUID], today: date) -> dict[UUID, Recent]:
    """Channel -> its last thirty days; channels that did nothing are left out. One statement."""
    sums = [func.sum(getattr(ChannelDay, name)).cast(Integer) for name in Recent.__slots__]
    rows = db().execute(
        select(ChannelDay.channel_id, *sums)
        .where(ChannelDay.channel_id.in_(channel_ids), ChannelDay.day > today - RECENT)
        .group_by(ChannelDay.channel_id)
    )
    return {row[0]: Recent(*map(int, row[1:])) for row in rows}


def days_of(channel_id: UUID, today: date) -> list[tuple[date, Recent]]:
    """Each of the last thirty days, oldest first, also those without anything."""
    rows = db().scalars(
        select(ChannelDay).where(ChannelDay.channel_id == channel_id, ChannelDay.day > today - RECENT)
    )
    known = {row.day: Recent(*(getattr(row, name) for name in Recent.__slots__)) for row in rows}
    days = [today - timedelta(days=back) for back in range(RECENT.days - 1, -1, -1)]
    return [(day, known.get(day, Recent())) for day in days]


def counts() -> dict[str, int]:
    """Medium -> number of channels in use."""
    rows = db().execute(
        select(Channel.medium, func.count()).where(Channel.archived_at.is_(None)).group_by(Channel.medium)
    )
    return {row[0]: row[1] for row in rows}


def today_of_all(today: date) -> Today:
    """What all channels sent today and may still send."""
    used = aliased(ChannelDay)
    works = and_(Channel.state == "active", Channel.archived_at.is_(None))
    cap = cap_today(today)
    left = func.greatest(cap - func.coalesce(used.used, 0), 0)
    row = (
        db()
        .execute(
            select(
                func.coalesce(func.sum(used.sent), 0),
                func.coalesce(func.sum(case((works, left), else_=0)), 0),
                func.coalesce(func.bool_or(and_(works, cap.is_(None))), False),
            )
            .select_from(Channel)
            .outerjoin(used, _of_day(used, today))
        )
        .one()
    )
    return Today(int(row[0]), int(row[1]), bool(row[2]))


def in_trouble() -> list[Channel]:
    """Channels that cannot send or cannot read until somebody mends them, most recent first, at most ten."""
    return list(
        db().scalars(
            select(Channel)
            .where(
                Channel.archived_at.is_(None),
                (Channel.state == "disconnected") | (Channel.poll_problem != ""),
            )
            .order_by(cast(Channel.state == "disconnected", Integer).desc(), Channel.state_changed_at.desc())
            .limit(10)
        )
    )


def _of_day(day: type[ChannelDay], today: date) -> ColumnElement[bool]:
    return and_(
        day.organization_id == Channel.organization_id, day.channel_id == Channel.id, day.day == today
    )
