"""What became due while a campaign rested: counted by step, asked about, and settled as a person chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.campaigns.ending import end
from loumass.campaigns.models import Campaign
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.plans import looked_up_in_order
from loumass.core.tenancy import current_organization_id
from loumass.messages.planned import cancel_planned

#: Due for longer than this is past due: it is asked about.
THRESHOLD = timedelta(hours=1)
CHOICES = {
    "continue": "Continue with all of them now",
    "spread": "Spread them evenly over some hours",
    "skip": "Skip what is past due",
    "end": "End it for them",
}
MOST_HOURS = 24 * 14


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of those who are past due; `hours` matters to `spread`. Raises Refused for a made-up one."""

    what: str
    hours: int = 0

    def __post_init__(self) -> None:
        if self.what not in CHOICES:
            raise Refused("Choose what becomes of the people who are past due. Nothing was changed.")
        if self.what == "spread" and not 1 <= self.hours <= MOST_HOURS:
            raise Refused(f"Spread them over 1 to {MOST_HOURS} hours. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class AtStep:
    """People past due at one step (None: before the first). `messages` of them have a message in the queue."""

    node_id: UUID | None
    people: int
    messages: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """Everybody who is past due, by step."""

    steps: Sequence[AtStep]

    @property
    def people(self) -> int:
        """How many in all."""
        return sum(step.people for step in self.steps)

    @property
    def messages(self) -> int:
        """How many messages of theirs wait in the queue."""
        return sum(step.messages for step in self.steps)


# Past due: a decision that was due, or a message that was planned, before the threshold and not long after.
_PAST_DUE = """
    past AS MATERIALIZED (
        SELECT e.id, e.node_id, e.step_id, coalesce(e.due_at, m.created_at) AS since, m.id IS NOT NULL AS is_queued
        FROM enrollment e
        LEFT JOIN LATERAL (
            SELECT id, created_at, state FROM message
            WHERE message.organization_id = :organization_id AND message.step_id BETWEEN e.step_id AND e.step_id
            ORDER BY message.organization_id, message.step_id LIMIT 1) m ON m.state = 'queued'
        WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state IN ('active', 'waiting')
          AND (e.due_at <= :before OR e.due_at IS NULL AND m.created_at <= :before)
    )
"""
_COUNT = text(f"""
    WITH {_PAST_DUE}
    SELECT node_id, count(*) AS people, count(*) FILTER (WHERE is_queued) AS messages, min(since) AS since
    FROM past GROUP BY node_id ORDER BY min(since)
""")
_LIST = text(f"WITH {_PAST_DUE} SELECT id, is_queued FROM past")
_SPREAD = text(f"""
    WITH {_PAST_DUE}, turn AS (
        SELECT id, CAST(:now AS timestamptz) + CAST(:spread AS interval)
            * (row_number() OVER (ORDER BY since, id) - 1) / count(*) OVER () AS due_at
        FROM past WHERE NOT is_queued)
    UPDATE enrollment SET due_at = turn.due_at, state = 'waiting',
        waiting_for = jsonb_build_object('for', 'turn', 'because', CAST(:because AS text))
    FROM turn WHERE enrollment.organization_id = :organization_id AND enrollment.id = turn.id
""")
_CATCH_UP = text("""
    UPDATE enrollment SET is_catching_up = true, state = 'active', due_at = :now
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[]))
""")


def backlog_of(campaign: Campaign) -> Backlog:
    """Who is past due by more than an hour, by the step where they stand, the longest first."""
    with looked_up_in_order():
        rows = db().execute(_COUNT, _bound(campaign)).all()
    return Backlog([AtStep(row.node_id, row.people, row.messages, row.since) for row in rows])


def settle(campaign: Campaign, choice: Choice) -> timedelta:
    """Do with those who are past due what `choice` says; returns over how long queued messages are to be spread."""
    if choice.what == "spread":
        spread = timedelta(hours=choice.hours)
        because = "Its turn after the pause"
        with looked_up_in_order():
            db().execute(
                _SPREAD, {**_bound(campaign), "now": clock.now(), "spread": spread, "because": because}
            )
        return spread
    if choice.what != "continue":
        with looked_up_in_order():
            rows = db().execute(_LIST, _bound(campaign)).all()
        _leave_out(rows, choice.what)
    return timedelta()


def _leave_out(rows: Sequence[Row[Any]], what: str) -> None:
    if what == "end":
        end({row.id: "past_due" for row in rows})
        return
    # The cancelled message is its step's outcome; everybody else skips the sends they would come to at once.
    cancel_planned(
        [row.id for row in rows if row.is_queued], "It was past due when the campaign was resumed."
    )
    parameters = {"organization_id": current_organization_id(), "now": clock.now()}
    db().execute(_CATCH_UP, {**parameters, "ids": [row.id for row in rows]})


def _bound(campaign: Campaign) -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "campaign_id": campaign.id,
        "before": clock.now() - THRESHOLD,
    }
