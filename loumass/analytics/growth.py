"""How many people came and went, day by day; and how those who are there react to what they are sent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, text

from loumass.analytics.models import ContactEngagement
from loumass.analytics.period import Period
from loumass.analytics.reading import Bar
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.paging import PAGE_SIZE, Page, page
from loumass.core.tenancy import current_organization_id

#: Key -> words, and reactions to a thousand messages from and below.
BANDS = {
    "all": ("To every message", 1000, 1001),
    "most": ("To more than half", 500, 1000),
    "some": ("To a fifth to a half", 200, 500),
    "few": ("To fewer than a fifth", 1, 200),
    "never": ("To none", 0, 1),
}

_GROWTH = text("""
    SELECT day, sum(added) AS added, sum(gone) AS gone FROM (
        SELECT CAST(created_at AT TIME ZONE :zone AS date) AS day, 1 AS added, 0 AS gone FROM contact
        WHERE organization_id = :organization_id AND created_at >= :since AND created_at < :until
        UNION ALL
        SELECT CAST(archived_at AT TIME ZONE :zone AS date), 0, 1 FROM contact
        WHERE organization_id = :organization_id AND archived_at >= :since AND archived_at < :until
    ) happened GROUP BY day
""")
_THERE = text("""
    SELECT count(*) FILTER (WHERE archived_at IS NULL OR archived_at >= :until) AS now,
        count(*) FILTER (WHERE created_at < :since AND (archived_at IS NULL OR archived_at >= :since)) AS before
    FROM contact WHERE organization_id = :organization_id AND created_at < :until
""")
_BANDS = text("""
    SELECT CASE WHEN rate >= 1000 THEN 'all' WHEN rate >= 500 THEN 'most' WHEN rate >= 200 THEN 'some' WHEN rate >= 1 THEN 'few'
        ELSE 'never' END AS band, count(*) AS people, sum(sent) AS sent, sum(read) AS read, sum(replied) AS replied
    FROM contact_engagement WHERE organization_id = :organization_id AND sent > 0 GROUP BY band
""")


def growth(period: Period) -> list[Bar]:
    """(added, gone) of every day, the oldest first."""
    bound = {
        "organization_id": current_organization_id(),
        "zone": period.zone.key,
        "since": period.since,
        "until": period.until,
    }
    counted = {row.day: (row.added, row.gone) for row in db().execute(_GROWTH, bound)}
    return [
        Bar(
            days[0],
            [int(sum(counted.get(day, (0, 0))[nth] for day in days)) for nth in (0, 1)],
            len(days) > 1,
        )
        for days in period.bars()
    ]


def people_there(period: Period) -> tuple[int, int]:
    """How many people there are at the end of the period, and were at its beginning."""
    bound = {"organization_id": current_organization_id(), "since": period.since, "until": period.until}
    row = db().execute(_THERE, bound).one()
    return row.now, row.before


def bands() -> dict[str, Row[Any]]:
    """How many people react how often, by band; people who were never written to are in none."""
    rows = db().execute(_BANDS, {"organization_id": current_organization_id()})
    return {row.band: row for row in rows}


def most_engaged(band: str | None, cursor: str | None, size: int = PAGE_SIZE) -> Page[Any]:
    """A page of (engagement, contact), those who react most first."""
    return page(
        _engaged(band),
        [ContactEngagement.rate, ContactEngagement.contact_id],
        cursor,
        descending=True,
        size=size,
    )


def everybody_engaged(band: str | None) -> Any:
    """The select of all of them, for files."""
    return _engaged(band).order_by(ContactEngagement.rate.desc(), ContactEngagement.contact_id.desc())


def _engaged(band: str | None) -> Any:
    found = (
        select(ContactEngagement, Contact)
        .join(
            Contact,
            (Contact.organization_id == ContactEngagement.organization_id)
            & (Contact.id == ContactEngagement.contact_id),
        )
        .where(ContactEngagement.sent > 0, Contact.archived_at.is_(None))
    )
    if band in BANDS:
        _, least, below = BANDS[band]
        found = found.where(ContactEngagement.rate >= least, ContactEngagement.rate < below)
    return found
