"""Public holidays and days off in the engine: who waits rests on them, and follows when they change."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from loumass.accounts.jobs import fill_days_off
from loumass.campaigns import resting as resting_people
from loumass.campaigns import service
from loumass.core import clock
from loumass.core.tenancy import serving
from loumass.tasks.models import Task
from tests.campaigns.cast import Run, drafted, running, step, wait
from tests.campaigns.changing.edits import applied, edited
from tests.campaigns.test_statements import counted
from tests.campaigns.test_states import act
from tests.messages.limits import resting
from tests.world import World

FRIDAY = date(2026, 3, 6)
DONE = step("done", "end")
WEEK = {"weekdays": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "17:00", "days_off": "skip"}
PAUSE = wait("pause", amount=3, unit="days", after="entered", **WEEK)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # pyright: ignore[reportArgumentType]


def changed(world: World, **form: Any) -> None:
    """As an admin does it, and then what becomes due."""
    way = "add" if "name" in form else "change"
    assert world.acme.admin.post(f"/organization/days-off/{way}", form).status_code == 303
    world.work()


def waits(run: Run, contact: Any) -> tuple[datetime | None, str]:
    found = run.of(contact)
    at = found.due_at and found.due_at.replace(second=0, microsecond=0)
    return at, (found.waiting_for or {}).get("because", "")


def test_a_wait_rests_on_days_off_where_each_lives_and_follows_when_they_change(world: World) -> None:
    """Tuesday 3 March, 9:00 in Denver, is Wednesday 5:00 in Auckland; summer time begins in Denver on the 8th."""
    resting(world.acme, FRIDAY, name="Founders Day")
    home, away = (
        world.acme.contact(f"P {zone}", email=f"{zone}@r.example", timezone=zone)
        for zone in ("America/Denver", "Pacific/Auckland")
    )
    run = running(world.acme, [PAUSE, DONE], home, away)
    monday = utc(2026, 3, 9, 15)
    three = "3 days after coming here on Tue 3 Mar"
    then = "then Mon to Fri, 9 to 17 their time, no holidays"
    assert waits(run, home) == (monday, f"{three}, not on Founders Day, {then}")
    assert waits(run, away) == (utc(2026, 3, 8, 20), f"3 days after coming here on Wed 4 Mar, {then}")
    changed(world, name="Inventory", first="2026-03-09", last="2026-03-10")
    assert [waits(run, one)[0] for one in (home, away)] == [utc(2026, 3, 11, 15), utc(2026, 3, 10, 20)]
    # A campaign that rests keeps what it said, and what its people are asked about; they learn of it when they are due.
    act(run, service.pause, None)
    changed(world, act="remove", day="2026-03-09")
    assert waits(run, home)[0] == utc(2026, 3, 11, 15)
    act(run, service.resume, None)
    changed(world, act="remove", day=FRIDAY.isoformat())
    assert waits(run, home) == (utc(2026, 3, 6, 16), three)
    # What nobody told anybody of, a row put back by hand, is seen when their time comes.
    resting(world.acme, FRIDAY)
    world.later(days=3)
    assert (run.at(home), waits(run, home)[0]) == ("pause", monday)
    world.later(days=4)
    assert (run.at(home), run.at(away)) == ("ended: finished", "ended: finished")


def test_everybody_at_a_step_follows_slice_by_slice_and_whoever_finishes_on_an_older_version(
    world: World,
) -> None:
    """Who waits elsewhere, or is away, is left alone."""
    people = [world.acme.contact(f"P{n} R", f"p{n}@r.example", timezone="America/Denver") for n in range(4)]
    *three, gone = people
    gone_until = utc(2026, 3, 20, 15)
    plain = wait("plain", amount=3, unit="days", after="entered")
    run = running(world.acme, [step("first", "stage", name="First"), PAUSE, DONE], *people)
    other = running(world.acme, [plain, DONE], three[0])
    run.happened("contact.away", gone, until=gone_until.isoformat())
    with edited(run) as draft:
        draft.remove("pause")
    applied(run, removed={"pause": "finish"})
    assert {run.at(one) for one in people} == {"outside"}
    before = other.of(three[0])
    with patch.object(resting_people, "MOST", 1):
        changed(world, name="Founders Day", first=FRIDAY.isoformat(), last="2026-03-09")
    assert {waits(run, one)[0] for one in three} == {utc(2026, 3, 10, 15)}
    assert (run.of(gone).waiting_for or {})["for"] == "away"
    assert run.due(gone) == gone_until
    assert (other.of(three[0]).due_at, other.of(three[0]).visit) == (before.due_at, before.visit)


def test_a_year_that_is_not_filled_yet_is_looked_at_again_when_it_is(world: World) -> None:
    priya = world.acme.contact(timezone="America/Denver")
    world.acme.admin.post("/organization/days-off/calendar", {"country": "US", "region": ""})
    run = running(world.acme, [wait("pause", mode="date", date="2029-07-04T10:00", **WEEK), DONE], priya)
    assert waits(run, priya)[0] == utc(2029, 7, 4, 16), "2028 is the last year that is known"
    world.later(days=366)
    with serving(world.acme.id):
        fill_days_off()
    world.work()
    assert waits(run, priya)[0] == utc(2029, 7, 5, 15), "the day after Independence Day"
    world.later(days=(date(2029, 7, 4) - clock.now().date()).days, hours=1)
    assert run.at(priya) == "pause"
    world.later(days=1)
    assert run.at(priya) == "ended: finished"


def test_days_off_are_read_once_in_a_slice_and_only_where_a_step_asks(world: World) -> None:
    resting(world.acme, FRIDAY)
    people = world.acme.contacts([{"name": f"P{n} R", "email": f"p{n}@r.example", "timezone": zone}
                                  for n, zone in enumerate(["America/Denver", "Asia/Tokyo", None])])  # fmt: skip
    # Of two steps that both ask, in one slice.
    call = step("call", "task", task="call", title="Call", due_in=3, days_off="skip")
    for last, skips, asked in ((call, "skip", 1), (wait("pause", amount=3, after="entered"), "count", 0)):
        first = wait("first", amount=1, unit="minutes", after="entered", days_off=skips)
        run = drafted(world.acme, [first, last, DONE])
        run.add(*people)
        act(run, service.start)
        with counted() as statements:
            world.later(minutes=2)
        assert sum("FROM day_off" in one for one in statements) == asked
    with world.acme.acting() as session:
        due = {one.date() for one in session.scalars(select(Task.due_at))}
    assert due == {date(2026, 3, 9)}, "Friday is off, and the weekend is none of theirs"
