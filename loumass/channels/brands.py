"""Brands as the carriers know them: the numbers of one share its segments a day."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, delete, select

from loumass.accounts.service import audit
from loumass.channels.models import Brand, BrandChannel, Channel
from loumass.core.database import db
from loumass.events.service import publish_all


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
