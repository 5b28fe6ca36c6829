"""What a campaign's own merge tags stand for, and its event in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from loumass.campaigns.models import Campaign

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
KINDS_OF_EVENT = {"in_person": "In person", "virtual": "Virtual"}


def campaign_values(campaign: Campaign, home: ZoneInfo) -> dict[str, str | None]:
    """The values of the `campaign.` merge tags; the event's day and time are those of its own place."""
    local = event_local(campaign, home)
    return {
        "campaign.name": campaign.name,
        "campaign.event_name": campaign.event_name,
        "campaign.event_date": day_in_full(local) if local else None,
        "campaign.event_time": f"{local.hour}:{local.minute:02}" if local else None,
        "campaign.event_place": campaign.event_place,
    }


def event_local(campaign: Campaign, home: ZoneInfo) -> datetime | None:
    """The event's moment on the wall clock of its place."""
    if campaign.event_at is None:
        return None
    return campaign.event_at.astimezone(
        ZoneInfo(campaign.event_timezone) if campaign.event_timezone else home
    )


def day_in_full(local: datetime) -> str:
    """`Thursday, 12 June 2025`."""
    return f"{_DAYS[local.weekday()]}, {local.day} {_MONTHS[local.month - 1]} {local.year}"
