"""A goal about the event that time alone fulfils: whoever waits is asked when its time has come, not when they are next due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from sqlalchemy import delete

from loumass.campaigns import goal_times, jobs, service
from loumass.campaigns.creating import Details, change
from loumass.contacts.models import Contact
from loumass.core.agenda import Agenda
from loumass.core.jobs import wake_all
from tests.campaigns.cast import Planned, Run, ask, drafted, step, wait
from tests.campaigns.changing.edits import applied, edited
from tests.campaigns.simulated import played, simulated, standing_still
from tests.campaigns.test_states import act
from tests.world import World

BEGINS = World.begins_at
THE_EVENT = BEGINS + timedelta(days=2)
REST = wait("rest", amount=30, unit="days", after="entered")
DONE = step("done", "end")


def goal(**event: Any) -> Planned:
    rule = {"match": "all", "rules": [{"ask": "event", **event}]}
    return step("over", "goal", {}, test="rule", rule=rule)


def started(
    world: World, *steps: Planned, at: datetime = THE_EVENT, people: int = 3
) -> tuple[Run, list[Contact]]:
    found = [world.acme.contact(f"P{n} R", f"p{n}.{len(steps)}@r.example") for n in range(people)]
    run = drafted(world.acme, [*steps], event_type="virtual", event_at=at, event_timezone="America/Denver")
    run.add(*found)
    act(run, service.start)
    world.work()
    return run, found


def ends(run: Run, people: list[Contact]) -> list[str]:
    return [run.at(one).removeprefix("ended: ") for one in people]


def moved(run: Run, at: datetime) -> None:
    now = run.now()
    with run.tenant.acting() as session:
        change(run.id, Details(name=now.name, event_type="virtual", event_at=at, event_timezone="America/Denver",
                               email_channel_id=now.email_channel_id))  # fmt: skip
        session.commit()
    run.tenant.world.work()


def agenda_of(run: Run) -> list[str]:
    with run.tenant.acting() as session:
        rows = session.query(Agenda).filter(
            Agenda.organization_id == run.tenant.id, Agenda.job == goal_times.ASK_GOALS
        )
        return [row.arguments for row in rows if str(run.id) in row.arguments]


def test_whoever_waits_is_asked_when_the_event_is_over_and_not_before(world: World) -> None:
    run, people = started(world, REST, DONE, goal(when="past"))
    other, (alone,) = started(world, REST, DONE, people=1)
    away = people.pop()
    run.happened("contact.away", away, until=(BEGINS + timedelta(days=40)).isoformat())
    stays = other.of(alone).due_at
    world.later(days=1, hours=23)
    assert ends(run, people) == ["rest", "rest"]
    with patch.object(goal_times, "MOST", 1):
        world.later(hours=1)
    assert ends(run, [*people, away]) == ["goal", "goal", "rest"]
    assert (other.at(alone), other.of(alone).due_at) == ("rest", stays)
    assert agenda_of(other) == []
    world.later(days=39)
    assert run.at(away) == "ended: goal"


def test_the_moment_follows_the_event_the_funnel_and_a_pause(world: World) -> None:
    run, people = started(world, REST, DONE, goal(when="within", days=5), at=BEGINS + timedelta(days=20))
    moved(run, BEGINS + timedelta(days=12))
    world.later(days=6, hours=23)
    assert ends(run, people) == ["rest"] * 3
    world.later(hours=2)
    assert ends(run, people) == ["goal"] * 3, "7 days, since it is on the 12th now"
    late, people = started(world, REST, wait("more", amount=9, unit="days", after="entered"), DONE, goal(when="past"),
                           at=BEGINS + timedelta(days=10))  # fmt: skip
    act(late, service.pause, None)
    world.later(days=4)
    assert ends(late, people) == ["rest"] * 3
    act(late, service.resume, None)
    assert ends(late, people) == ["goal"] * 3, "it was over while they rested"


def test_older_versions_have_their_own_and_a_lost_agenda_is_found_again(world: World) -> None:
    run, people = started(
        world, wait("first", amount=30, unit="days", after="entered"), REST, DONE, goal(when="past")
    )
    with edited(run) as draft:
        draft.remove("first")
        draft.remove("over")
        added = draft.put("Soon over", "goal", after="rest")
        draft.set(
            added,
            test="rule",
            rule={"match": "all", "rules": [{"ask": "event", "when": "past_within", "days": 9, "not": True}]},
        )
        draft.lead(added, next="done")
    applied(run, removed={"first": "finish"})
    newcomer = world.acme.contact("New R", "new@r.example")
    with world.acme.acting() as session:
        session.execute(
            delete(Agenda).where(Agenda.organization_id == world.acme.id, Agenda.job == goal_times.ASK_GOALS)
        )
        wake_all(jobs.sweep())
        session.commit()
    assert len(agenda_of(run)) == 2
    world.later(days=2, seconds=2)
    assert ends(run, people) == ["goal"] * 3
    run.add(newcomer)
    world.work()
    assert run.at(newcomer) == "rest"
    world.later(days=9)
    assert run.at(newcomer) == "ended: goal"


def test_the_time_machine_asks_when_the_engine_does(world: World) -> None:
    steps = [
        ask("near", {"yes": "done", "timeout": "rest"}, test="status", status="Needs BDR", wait_up_to=1, wait_unit="days"),
        REST, DONE, goal(when="past"),
    ]  # fmt: skip
    with standing_still(BEGINS) as moment:
        run, _ = started(world, *steps)
        forecast = simulated(run)
        assert forecast.ended == {"goal": 3}
        assert forecast.last_moved == THE_EVENT + timedelta(microseconds=1)
        played(run, moment, BEGINS + timedelta(days=60))
    assert {one.ended_at for one in run.all()} == {forecast.last_moved}
