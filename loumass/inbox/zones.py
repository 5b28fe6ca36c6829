"""Whose time is it: a person's own timezone, else the organization's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loumass.accounts.models import Organization
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.core.words import moment

_MORNING = 9


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A usual time to send at: `words` are what `moments.moment_of` reads, `said` what it comes to."""

    words: str
    label: str
    said: str


def zone_of(contact: Contact | None) -> ZoneInfo:
    """The timezone that times to this person are read in."""
    organization = db().get(Organization, current_organization_id())
    names = (contact.timezone if contact else None, organization.timezone if organization else None)
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return ZoneInfo("UTC")


def city_of(zone: ZoneInfo) -> str:
    """What people call the zone: `Denver`."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def suggestions(now: datetime, zone: ZoneInfo) -> list[Suggestion]:
    """When people usually let an answer go, in `zone`."""
    local = now.astimezone(zone)
    monday = local.date() + timedelta(days=7 - local.weekday())
    found = [("in two hours", "In two hours", now + timedelta(hours=2))]
    if local.hour < _MORNING:
        found.append(("today 9:00", "This morning", local.replace(hour=_MORNING, minute=0)))
    tomorrow = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), zone)
    found += [
        ("tomorrow 9:00", "Tomorrow morning", tomorrow.replace(hour=_MORNING)),
        ("tomorrow 14:00", "Tomorrow afternoon", tomorrow.replace(hour=14)),
        (f"{monday.isoformat()} 09:00", "Next Monday", datetime.combine(monday, datetime.min.time(), zone).replace(hour=_MORNING)),
    ]  # fmt: skip
    return [Suggestion(words, label, moment(at, zone.key)) for words, label, at in found]
