"""What campaigns do by themselves: advance, start at the agreed time, wind up, and find again what was lost."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from loumass.campaigns import enrolling, goal_times, resting, starting, states
from loumass.campaigns.advancing.hands import Call, Hands
from loumass.campaigns.advancing.pace import Pace
from loumass.campaigns.advancing.slice import Advanced, advance_slice
from loumass.campaigns.changing import carrying
from loumass.campaigns.simulating.running import taken_on
from loumass.campaigns.simulating.wishes import Wish
from loumass.campaigns.triggers import looking
from loumass.campaigns.triggers.calls import forget_old_calls, take_batch
from loumass.campaigns.waking import announce
from loumass.core import clock, told
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import job, wake_all
from loumass.core.plans import looked_up_in_order
from loumass.core.tenancy import current_organization_id, transaction

#: When somebody else holds everybody who is due.
_BUSY = timedelta(seconds=2)
#: News of a message that did not come within this time is looked for.
_LOST_AFTER = timedelta(minutes=5)
#: Somebody may enter the same people at the same time.
_TRIES = 3
_CALLS_KEPT = timedelta(days=30)
_pace = Pace()
_hands: Hands[Advanced | None] = Hands()


@job("advance")
def advance(campaign_id: str) -> bool:
    """A slice, or two at a time while many are due; True when more people are due now."""
    done = _hands.both(lambda call: _slice(UUID(campaign_id), call))
    if any(one is not None and not one.is_live for one in done):
        # On its own: two slices that share the campaign's row must not both wait to have it alone.
        with transaction():
            states.finish_when_done(UUID(campaign_id))
    return any(one is not None and one.has_more for one in done)


def _slice(campaign_id: UUID, when_full: Call) -> Advanced | None:
    """One slice in one transaction; None when the campaign does not run."""
    began = time.monotonic()
    with transaction():
        done = advance_slice(campaign_id, _pace.size, when_full)
        if done is None:
            return None
        if done.claimed:
            announce([campaign_id])
        if done.next_at is not None and not done.has_more:
            at = clock.now() + _BUSY if done.next_at <= clock.now() else done.next_at
            advance.later(str(campaign_id), at=at)
    _pace.learn(done.claimed, time.monotonic() - began)
    return done


@job("advance")
def start(campaign_id: str) -> None:
    """Start a campaign at the time that was agreed on."""
    with transaction():
        starting.start_as_scheduled(UUID(campaign_id))


@job("bulk")
def wind_up(campaign_id: str) -> bool:
    """A slice of those who were inside when the campaign was cancelled; True when more are."""
    with transaction():
        return states.wind_up_slice(UUID(campaign_id))


@job("bulk")
def carry_change_on(campaign_id: str) -> bool:
    """A slice of those whom a change of many people concerns; True when more are."""
    with transaction():
        return carrying.carry_on(UUID(campaign_id))


@job("bulk")
def add_people(campaign_id: str, source: dict[str, str], after: str) -> None:
    """A slice of a large selection enters the campaign; the rest follows in the next job."""
    with transaction():
        last = enrolling.enroll_slice(UUID(campaign_id), source, UUID(after))
        if last is not None:
            add_people.later(campaign_id, source, str(last))


@job("bulk")
def decide_anew(_after: str = "") -> None:
    """Who waits at steps that skip days off is decided on again, step by step. An earlier release went on behind somebody."""
    with transaction():
        resting.wake_steps()


@job("bulk")
def decide_step_anew(campaign_id: str, node_id: str, after: str) -> None:
    """A slice of those who wait at one step is decided on again; the rest follows in the next job."""
    with transaction():
        last = resting.wake_slice(UUID(campaign_id), UUID(node_id), UUID(after))
        if last is not None:
            decide_step_anew.later(campaign_id, node_id, str(last))


@job("bulk")
def ask_goals(campaign_id: str, moment: str, after: str) -> None:
    """The time of a goal about the event has come: a slice of those who wait is asked; the rest follows in the next job."""
    with transaction():
        last = goal_times.ask_slice(UUID(campaign_id), datetime.fromisoformat(moment), UUID(after))
        if last is not None:
            ask_goals.later(campaign_id, moment, str(last))


@job("bulk")
def look_by_clock(trigger_id: str) -> bool:
    """A slice of what a trigger looks for; True when more follows."""
    with transaction():
        return looking.look(UUID(trigger_id))


@job("receive")
def understand_calls(trigger_id: str) -> bool:
    """A batch of what was sent to a trigger's address; True when more waits."""
    for tries_left in reversed(range(_TRIES)):
        try:
            with transaction():
                return take_batch(UUID(trigger_id))
        except IntegrityError:
            if not tries_left:
                raise
    return False


@job("bulk")
def simulate(run_id: str, wish: dict[str, Any]) -> None:
    """One simulation of many people. It writes nothing but what it keeps on the shelf."""
    task = taken_on(UUID(run_id), Wish.of(wish))
    if task is None:
        return
    with task:
        with transaction():
            ready = task.read()
        task.walk(ready)


@job("bulk")
def forget_calls() -> None:
    """Delete what was sent to triggers so long ago that nobody looks at it any more."""
    with transaction():
        forget_old_calls(clock.now() - _CALLS_KEPT)


_WAITING_IN_VAIN = text("""
    WITH vain AS MATERIALIZED (
        SELECT e.id FROM enrollment e
        CROSS JOIN LATERAL (
            SELECT * FROM message
            WHERE message.organization_id = :organization_id AND message.step_id BETWEEN e.step_id AND e.step_id
            ORDER BY message.organization_id, message.step_id LIMIT 1) m
        WHERE e.organization_id = :organization_id AND e.state = 'waiting' AND e.due_at IS NULL
          AND e.waiting_for ->> 'for' = 'message' AND m.enrollment_id = e.id
          AND m.state NOT IN ('queued', 'sending') AND coalesce(m.sent_at, m.ended_at, m.attempted_at) < :before
    )
    UPDATE enrollment e SET state = 'active', due_at = :now
    FROM vain WHERE e.organization_id = :organization_id AND e.id = vain.id AND e.state = 'waiting'
    RETURNING e.id
""")
_RUNNING = text("""
    SELECT c.id, c.event_at, c.changing_since, (SELECT min(e.due_at) FROM enrollment e WHERE e.organization_id = :organization_id
        AND e.campaign_id = c.id AND e.state IN ('active', 'waiting') AND e.due_at IS NOT NULL) AS due_at
    FROM campaign c WHERE c.organization_id = :organization_id AND c.state = 'running'
""")
_CHANGING = text(
    "SELECT id FROM campaign WHERE organization_id = :organization_id AND changing_since IS NOT NULL"
)
_SCHEDULED = text("""
    SELECT id, starts_at FROM campaign
    WHERE organization_id = :organization_id AND state = 'scheduled' AND starts_at IS NOT NULL
""")
_CANCELLED = text("""
    SELECT c.id FROM campaign c WHERE c.organization_id = :organization_id AND c.state = 'cancelled'
      AND EXISTS (SELECT 1 FROM enrollment e WHERE e.organization_id = :organization_id
          AND e.campaign_id = c.id AND e.state <> 'ended')
""")


@job("advance")
def repair() -> None:
    """Decide again on those who wait for news of a message that has come to its end without it."""
    with transaction() as session:
        moment = clock.now()
        of = {"organization_id": current_organization_id(), "now": moment, "before": moment - _LOST_AFTER}
        with looked_up_in_order():
            woken = session.execute(_WAITING_IN_VAIN, of).all()
        if woken:
            wake_all(sweep())


def sweep() -> list[Wake]:
    """Every campaign that has somebody due, starts some day, has a goal about its event, or was cancelled or changed half-way;
    every trigger that looks by the clock, and every address with calls that nobody took in."""
    of = {"organization_id": current_organization_id()}
    moment = clock.now()
    running = db().execute(_RUNNING, of).all()
    told.tell("campaigns_active", len(running))
    due = [advance.wake(row.due_at, str(row.id)) for row in running if row.due_at and not row.changing_since]
    events = [row.id for row in running if row.event_at]
    starts = [start.wake(row.starts_at, str(row.id)) for row in db().execute(_SCHEDULED, of)]
    return (
        due
        + [carry_change_on.wake(moment, str(row.id)) for row in db().execute(_CHANGING, of)]
        + starts
        + (goal_times.moments_of(events) if events else [])
        + looking.sweep()
        + [wind_up.wake(moment, str(row.id)) for row in db().execute(_CANCELLED, of)]
    )
