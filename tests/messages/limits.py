"""What the tests of limits name: an organization's rules, brands of numbers, and what somebody got already."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from loumass.accounts.days_off.models import DayOff
from loumass.channels.models import Brand, BrandChannel, BrandDay, Channel, ChannelDay, SendingRule
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.messages.models import Message
from tests.messages.sending import queue
from tests.world import Tenant


def ruled(tenant: Tenant, **rules: Any) -> None:
    """The organization's rules are these from now on."""
    with tenant.acting() as session:
        rule = session.scalars(select(SendingRule)).one_or_none() or SendingRule()
        for name, value in rules.items():
            setattr(rule, name, value)
        session.add(rule)
        session.commit()


def resting(tenant: Tenant, *days: date, name: str = "Thanksgiving Day") -> None:
    """Days off of the organization's own."""
    with tenant.acting() as session:
        session.add_all(DayOff(day=one, source="own", name=name) for one in days)
        session.commit()


def branded(tenant: Tenant, segments_per_day: int, *channels: Channel) -> UUID:
    """A brand that `channels` send for."""
    with tenant.acting() as session:
        brand = Brand(name="Acme Events", segments_per_day=segments_per_day)
        session.add(brand)
        session.flush()
        session.add_all(BrandChannel(channel_id=one.id, brand_id=brand.id) for one in channels)
        session.commit()
    return brand.id


def got(tenant: Tenant, channel: Channel, contact: Contact, at: datetime | None = None) -> UUID:
    """A message that `contact` got, now or at some time."""
    (message_id,) = queue(tenant, channel, [contact])
    with tenant.acting() as session:
        found = get_or_404(Message, message_id)
        found.state, found.due_at = "sent", None
        found.sent_at = found.occurred_at = at or clock.now()
        session.commit()
    return message_id


def segments_used(tenant: Tenant, brand_id: UUID) -> int:
    """What the brand used, over all days."""
    with tenant.acting() as session:
        return session.scalar(select(func.sum(BrandDay.used)).where(BrandDay.brand_id == brand_id)) or 0


def did(tenant: Tenant, channel: Channel, *days: date) -> None:
    """The channel sent something on each of `days`."""
    with tenant.acting() as session:
        session.add_all(ChannelDay(channel_id=channel.id, day=day, used=1, sent=1) for day in days)
        session.commit()
