"""Brands as the carriers know them: the numbers of one share its segments a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, delete, func, select

from loumass.accounts.service import audit
from loumass.channels.models import Brand, BrandChannel, BrandDay, Channel
from loumass.channels.room import Room
from loumass.core.database import db
from loumass.events.service import publish_all


@dataclass(frozen=True, slots=True)
class Segments:
    """What a brand used of its segments of a day, by all its numbers."""

    brand_id: UUID
    brand: str
    used: int
    cap: int

    @property
    def is_near(self) -> bool:
        """Whether so many leave little of the day."""
        return Room(self.cap).is_near(self.used)

    @property
    def is_full(self) -> bool:
        """Whether no text of a campaign goes any more."""
        return Room(self.cap).is_full(self.used)


def segments_of(channels: Sequence[Channel], day: date) -> dict[UUID, Segments]:
    """Channel -> the segments of its brand; those without one are left out. At most one statement."""
    numbers = [one.id for one in channels if one.medium == "sms"]
    if not numbers:
        return {}
    rows = db().execute(
        select(
            BrandChannel.channel_id,
            Brand.id,
            Brand.name,
            func.coalesce(BrandDay.used, 0),
            Brand.segments_per_day,
        )
        .join(
            Brand,
            and_(Brand.organization_id == BrandChannel.organization_id, Brand.id == BrandChannel.brand_id),
        )
        .outerjoin(
            BrandDay,
            and_(
                BrandDay.organization_id == Brand.organization_id,
                BrandDay.brand_id == Brand.id,
                BrandDay.day == day,
            ),
        )
        .where(BrandChannel.channel_id.in_(numbers))
    )
    return {row[0]: Segments(*row[1:]) for row in rows}


def brand_of(channel_id: UUID) -> Brand | None:
    """The brand that the channel sends for."""
    return db().scalar(
        select(Brand)
        .join(
            BrandChannel,
            and_(BrandChannel.organization_id == Brand.organization_id, BrandChannel.brand_id == Brand.id),
        )
        .where(BrandChannel.channel_id == channel_id)
    )


def change_brand(channel: Channel, name: str, segments_per_day: int | None) -> None:
    """The channel sends for the brand called `name`, which has so many segments a day; for none without a name.

    What waits for segments is looked at again, on every number of the brand.
    """
    before = brand_of(channel.id)
    kept = (before.name, before.segments_per_day) if before else ("", None)
    if kept == (name, segments_per_day if name else None):
        return
    db().execute(delete(BrandChannel).where(BrandChannel.channel_id == channel.id))
    brand = _called(name, segments_per_day) if name and segments_per_day else None
    if brand is not None:
        db().add(BrandChannel(channel_id=channel.id, brand_id=brand.id))
        db().flush()
    audit(
        "channel.brand_changed",
        "channel",
        channel.id,
        before=dict(zip(("brand", "segments"), kept, strict=True)),
        after={"brand": name, "segments": segments_per_day if name else None},
    )
    numbers = {channel.id, *(_numbers_of(brand.id) if brand else ())}
    publish_all("channel.resumed", [{"channel_id": one} for one in sorted(numbers)])


def _called(name: str, segments_per_day: int) -> Brand:
    brand = db().scalars(select(Brand).where(Brand.name == name)).one_or_none()
    if brand is None:
        brand = Brand(name=name, segments_per_day=segments_per_day)
        db().add(brand)
    brand.segments_per_day = segments_per_day
    db().flush()
    return brand


def _numbers_of(brand_id: UUID) -> list[UUID]:
    return list(db().scalars(select(BrandChannel.channel_id).where(BrandChannel.brand_id == brand_id)))
