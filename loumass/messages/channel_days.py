"""What came back to a channel, counted per day of the organization."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import text

from loumass.accounts.models import Organization
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

_COUNT = {
    figure: text(f"""
        INSERT INTO channel_day (organization_id, channel_id, day, {figure})
        VALUES (:organization_id, :channel_id, :day, 1)
        ON CONFLICT (organization_id, channel_id, day) DO UPDATE SET {figure} = channel_day.{figure} + 1
    """)
    for figure in ("replied", "bounced", "complained")
}


def count(figure: str, channel_id: UUID, at: datetime) -> None:
    """Add one to `replied`, `bounced` or `complained` of the day that `at` falls on."""
    values = {"organization_id": current_organization_id(), "channel_id": channel_id, "day": day_of(at)}
    db().execute(_COUNT[figure], values)


def day_of(at: datetime) -> date:
    """The day of the organization that `at` falls on."""
    organization = db().get(Organization, current_organization_id())
    try:
        zone = ZoneInfo(organization.timezone if organization else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return at.astimezone(zone).date()
