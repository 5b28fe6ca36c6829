"""Events become figures per day, so that a chart costs days and not events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from loumass.accounts.models import Organization
from loumass.core.database import db
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.events.service import hears

#: What is counted per day and campaign.
COUNTED = (
    "message.sent", "message.failed", "message.bounced", "message.received", "message.replied",
    "enrollment.started", "contact.unsubscribed", "message.opened", "message.clicked",
)  # fmt: skip
NO_CAMPAIGN = UUID(int=0)

_ADD = text("""
    INSERT INTO daily_count (organization_id, day, kind, campaign_id, count)
    SELECT :organization_id, day, kind, campaign_id, count
    FROM unnest(CAST(:days AS date[]), CAST(:kinds AS text[]), CAST(:campaigns AS uuid[]), CAST(:counts AS integer[]))
      AS fact(day, kind, campaign_id, count)
    ON CONFLICT (organization_id, day, kind, campaign_id)
    DO UPDATE SET count = daily_count.count + excluded.count
""")


@hears("kind", "happened_at", "campaign_id")
def on_counted(events: Sequence[Event]) -> None:
    """Add `events` to the days (of the organization) on which they happened."""
    counts = _by_slot(events, organization_zone())
    # Sorted, so that two batches take the row locks in one order.
    slots = sorted(counts)
    db().execute(
        _ADD,
        {
            "organization_id": current_organization_id(),
            "days": [day for day, _, _ in slots],
            "kinds": [kind for _, kind, _ in slots],
            "campaigns": [campaign_id for _, _, campaign_id in slots],
            "counts": [counts[slot] for slot in slots],
        },
    )
    announce("dashboard")


def organization_zone() -> ZoneInfo:
    """The timezone whose midnight ends a day of the current organization."""
    organization = db().get(Organization, current_organization_id())
    if organization is None:
        raise LookupError("the organization at work does not exist")
    return ZoneInfo(organization.timezone)


def _by_slot(events: Sequence[Event], zone: ZoneInfo) -> Counter[tuple[date, str, UUID]]:
    # Many happened at one moment: it is turned into a day once.
    alike = Counter((event.happened_at, event.kind, event.campaign_id) for event in events)
    counts = Counter[tuple[date, str, UUID]]()
    for (at, kind, campaign_id), count in alike.items():
        counts[at.astimezone(zone).date(), kind, campaign_id or NO_CAMPAIGN] += count
    return counts
