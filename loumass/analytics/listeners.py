"""Events say which quarters of an hour are to be counted anew; the counting is a job's (`jobs.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from loumass.accounts.models import Organization
from loumass.analytics import earning, kinds
from loumass.analytics.kinds import quarter_of
from loumass.core import clock
from loumass.core.arrays import moment_array, uuid_array
from loumass.core.database import db
from loumass.core.jobs import JOBS, wake_all
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.events.service import hears

COUNTING = "analytics.count"
#: What is told to `on_counted`.
COUNTED = kinds.COUNTED

_STALE = text("""
    INSERT INTO stale_quarter (organization_id, work, quarter)
    SELECT :organization_id, :work, quarter FROM unnest(CAST(:quarters AS timestamptz[])) AS told(quarter)
    RETURNING id
""")
_REST = text("SELECT rest_until FROM figure_mark WHERE organization_id = :organization_id")
# It counted as something else until now, where it was classed before.
_CLASSED_BEFORE = text("""
    SELECT DISTINCT before.happened_at FROM unnest(CAST(:messages AS uuid[])) AS told(message_id)
    CROSS JOIN LATERAL (
        SELECT event.happened_at FROM event
        WHERE event.organization_id = :organization_id AND event.message_id = told.message_id
          AND event.kind = 'message.classified'
        ORDER BY event.happened_at LIMIT 100
    ) before
""")
# Mail that is fetched late may turn what was written meanwhile into an answer.
_WRITTEN_SINCE = text("""
    SELECT DISTINCT own.occurred_at FROM unnest(CAST(:talks AS uuid[]), CAST(:ats AS timestamptz[])) AS told(id, at)
    JOIN message own ON own.organization_id = :organization_id AND own.conversation_id = told.id
        AND own.occurred_at >= told.at AND own.direction = 'out' AND own.author_id IS NOT NULL AND own.state = 'sent'
""")


@hears("kind", "happened_at", "message_id", "conversation_id")
def on_counted(events: Sequence[Event]) -> None:
    """The quarters in which `events` happened are stale. Told twice, they are counted twice and come to the same."""
    moments = {event.happened_at for event in events}
    moments |= _classed_before([event for event in events if event.kind == "message.classified"])
    moments |= _written_since([event for event in events if event.kind == "message.received"])
    mark_stale(moments)
    wake_counting()


@hears("facts", "contact_id", "campaign_id", "enrollment_id", "happened_at")
def on_goal_reached(events: Sequence[Event]) -> None:
    """enrollment.reached_goal: what the goal is worth is earned."""
    earning.earn_by_goals(events)


@hears("contact_id", "facts")
def on_merged(events: Sequence[Event]) -> None:
    """contact.merged: what the other one brought is the kept one's."""
    earning.move_to_kept(events)


def mark_stale(moments: Iterable[datetime], work: str = "count") -> None:
    """The quarters of these moments are to be looked at anew."""
    quarters = sorted({quarter_of(moment) for moment in moments})
    if quarters:
        db().execute(_STALE, _bound(work=work, quarters=quarters))


def wake_counting() -> None:
    """Have stale quarters counted, once a count that took long has rested."""
    now = clock.now()
    rest_until = db().scalar(_REST, _bound())
    wake_all([JOBS[COUNTING].wake(max(now, rest_until or now))])


def organization_zone() -> ZoneInfo:
    """The timezone whose midnight ends a day of the current organization."""
    organization = db().get(Organization, current_organization_id())
    if organization is None:
        raise LookupError("the organization at work does not exist")
    return ZoneInfo(organization.timezone)


def _classed_before(events: Sequence[Event]) -> set[datetime]:
    if not events:
        return set()
    messages = uuid_array(event.message_id for event in events)
    return set(db().scalars(_CLASSED_BEFORE, _bound(messages=messages)))


def _written_since(events: Sequence[Event]) -> set[datetime]:
    talks = [(event.conversation_id, event.happened_at) for event in events if event.conversation_id]
    if not talks:
        return set()
    bound = _bound(talks=uuid_array(one for one, _ in talks), ats=moment_array(at for _, at in talks))
    return set(db().scalars(_WRITTEN_SINCE, bound))


def _bound(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
