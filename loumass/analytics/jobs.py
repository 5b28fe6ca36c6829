"""What workers do for figures: count what is stale, sum days, and look at how people react."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, text

from loumass.accounts.models import Organization
from loumass.analytics import counting, engaging, rebuilding, warning
from loumass.analytics.listeners import mark_stale, organization_zone
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import job, wake_all
from loumass.core.live import announce
from loumass.core.plans import PLANNED_FOR_MANY
from loumass.core.tenancy import current_organization_id, globally, serving, transaction

#: How long a stretch of time one slice counts, and of how long a one it looks at the people.
COUNTED_TOGETHER, ENGAGED_TOGETHER = timedelta(days=1), timedelta(hours=6)
#: A count that took longer rests ten times as long: however much happens, it takes a tenth of the database's time.
QUICK = timedelta(seconds=0.2)
REST = 10
LONGEST_REST = timedelta(minutes=2)

_BEGIN = text("""
    INSERT INTO figure_mark (organization_id, timezone) VALUES (:organization_id, :zone)
    ON CONFLICT (organization_id) DO NOTHING RETURNING timezone
""")
# Locked until the commit: two that count at once would write the same rows.
_MARK = text("SELECT timezone FROM figure_mark WHERE organization_id = :organization_id FOR UPDATE")
_SUMMED = text("""
    UPDATE figure_mark SET timezone = :zone, rest_until = :rest_until WHERE organization_id = :organization_id
""")
_WAITING = text("""
    SELECT work, min(mark.rest_until) AS rest_until FROM stale_quarter
    LEFT JOIN figure_mark mark ON mark.organization_id = :organization_id
    WHERE stale_quarter.organization_id = :organization_id GROUP BY work
""")
_TURNED = text("""
    SELECT 1 FROM figure_mark JOIN organization ON organization.id = :organization_id
    WHERE figure_mark.organization_id = :organization_id AND figure_mark.timezone <> organization.timezone
""")


@job("bulk")
def count() -> bool:
    """One slice of what is stale, oldest first; True while more is."""
    began = time.perf_counter()
    with transaction():
        db().execute(PLANNED_FOR_MANY)
        zone = organization_zone().key
        summed_in = _begin(zone)
        quarters = counting.take("count", COUNTED_TOGETHER)
        if quarters:
            counting.count_quarters(quarters)
        if summed_in != zone:
            counting.sum_all_days(zone)
        elif quarters:
            counting.sum_days_of(quarters, zone)
        took = timedelta(seconds=time.perf_counter() - began)
        rest = min(took * REST, LONGEST_REST) if took > QUICK else timedelta()
        db().execute(_SUMMED, _bound(zone=zone, rest_until=clock.now() + rest))
        if quarters:
            mark_stale(quarters, "engage")
            wake_all([engage.wake(_next_hour())])
        announce("dashboard")
        return counting.any_stale("count")


@job("bulk")
def engage() -> bool:
    """How those react to whom something happened since the last time; True while there are more of them."""
    with transaction():
        db().execute(PLANNED_FOR_MANY)
        quarters = counting.take("engage", ENGAGED_TOGETHER)
        if quarters:
            engaging.engage(quarters)
        return counting.any_stale("engage")


@job("bulk")
def warn() -> None:
    """Tell people that the plan is nearly used, or used."""
    with transaction():
        warning.tell()


def rebuild_everybody() -> int:
    """Have the figures of every organization counted anew: a command's. Returns how many there are."""
    with globally() as session:
        organizations = session.scalars(select(Organization.id)).all()
    for organization_id in organizations:
        with serving(organization_id), transaction():
            rebuilding.rebuild()
    return len(organizations)


def sweep() -> list[Wake]:
    """What is stale, or was summed in a timezone that is not the organization's any more, for the agenda."""
    waiting: dict[str, Row[Any]] = {row.work: row for row in db().execute(_WAITING, _bound())}
    wakes = []
    if "count" in waiting or db().scalar(_TURNED, _bound()):
        rest_until = waiting["count"].rest_until if "count" in waiting else None
        wakes.append(count.wake(rest_until or clock.now()))
    if "engage" in waiting:
        wakes.append(engage.wake(_next_hour()))
    if warning.untold():
        wakes.append(warn.wake(clock.now()))
    return wakes


def _begin(zone: str) -> str:
    """The timezone that the days are summed in; before the first count, every quarter there ever was becomes stale."""
    if db().scalar(_BEGIN, _bound(zone=zone)) is not None:
        rebuilding.every_quarter_is_stale()
        return zone
    return db().scalars(_MARK, _bound()).one()


def _next_hour() -> datetime:
    return clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _bound(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
