"""People come in by a date in their fields, and by a segment: found by the clock, in the organization's days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from loumass.campaigns.states import pause, resume
from loumass.campaigns.trigger_models import Trigger
from loumass.campaigns.triggers import dates, looking, segments
from loumass.contacts.models import ContactField
from loumass.contacts.segment_models import Segment
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.core.jobs import wake_all
from tests.campaigns.cast import running, step
from tests.campaigns.test_statements import counted
from tests.campaigns.triggered import changed, inside, the, when
from tests.world import Tenant, World

DENVER = ZoneInfo("America/Denver")
SHORT = [step("end", "end")]


@pytest.fixture
def acme(world: World) -> Tenant:
    with world.acme.acting() as session:
        session.add_all(
            [ContactField(key="renewal", label="Renewal"), ContactField(key="born", label="Born")]
        )
        session.commit()
    return world.acme


def on(world: World, day: str, at: str = "12:00") -> None:
    """The clock in Denver shows so; all that is due until then is done."""
    moment = datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=DENVER)
    clock.advance(moment - clock.now())
    look_around(world)


def look_around(world: World) -> None:
    with world.acme.acting() as session:
        wake_all(looking.sweep())
        session.commit()
    world.work()


def test_thirty_days_before_their_renewal(world: World, acme: Tenant) -> None:
    names = {
        "Priya": "2026-04-10",
        "Tom": "4/11/2026",
        "Uma": "1.4.2026",
        "Vic": "soon",
        "Wes": "2026-02-30",
        "Xia": "",
    }
    people = acme.contacts(
        [
            {"name": f"{name} X", "email": f"{name}@x.example", "fields": {"renewal": day}}
            for name, day in names.items()
        ]
    )
    run = running(acme, SHORT)
    when(run, "date_field", field="renewal", days=30, side="before", yearly="no", repeats="every")
    assert inside(run) == [], "3 March: nobody's day is today. Uma's was yesterday: new triggers begin today"
    # The clocks go forward on 8 March; the day begins at Denver's midnight, not before.
    on(world, "2026-03-10", "23:59")
    assert inside(run) == []
    on(world, "2026-03-11", "00:01")
    assert inside(run) == ["Priya"]
    # A day without a clock is caught up with; nobody comes in twice for the same day.
    on(world, "2026-03-14")
    assert inside(run) == ["Priya", "Tom"]
    # Whoever gets a date that is near comes in at once, and for another date once more; what is past is past.
    with counted() as statements:
        changed(acme, people[3], fields={"renewal": "2026-03-20"})
    assert sum("born" in one for one in statements) == 0
    changed(acme, people[4], fields={"renewal": "2026-03-13"})
    changed(acme, people[0], fields={"renewal": "2026-04-12"})
    changed(acme, people[0], fields={"renewal": "2026-04-12 "})
    on(world, "2026-03-15")
    assert inside(run) == ["Priya", "Tom", "Vic", "Priya"]
    # Paused for weeks: who came meanwhile does not come all at once afterwards.
    changed(acme, people[5], fields={"renewal": "2026-05-15"})
    with acme.acting() as session:
        pause(run.id, None)
        session.commit()
    on(world, "2026-04-18")
    with acme.acting() as session:
        resume(run.id)
        session.commit()
    on(world, "2026-04-20")
    assert len(run.all()) == 4


def test_birthdays_also_of_who_was_born_on_29_february(world: World, acme: Tenant) -> None:
    acme.contacts(
        [
            {"name": "Leap Day", "email": "l@x.example", "fields": {"born": "1992-02-29"}},
            {"name": "March First", "email": "m@x.example", "fields": {"born": "1990-03-01"}},
            {"name": "New Year", "email": "n@x.example", "fields": {"born": "1990-01-02"}},
            {"name": "Unborn Child", "email": "u@x.example", "fields": {"born": "2028-02-29"}},
        ]
    )
    run, after = running(acme, SHORT), running(acme, SHORT)
    when(run, "date_field", field="born", days=0, side="before", yearly="yes", repeats="every", pause=300)
    when(after, "date_field", field="born", days=5, side="after", yearly="yes", repeats="every", pause=300)
    on(world, "2027-01-01")
    assert run.all() == []
    came: dict[str, str] = {}
    for day in (
        "2027-01-02",
        "2027-01-09",
        "2027-02-27",
        "2027-02-28",
        "2027-03-01",
        "2027-03-05",
        "2028-02-28",
        "2028-02-29",
    ):
        before = len(run.all())
        on(world, day)
        came[day] = " ".join(inside(run)[before:])
    assert came == {
        "2027-01-02": "New", "2027-01-09": "", "2027-02-27": "", "2027-02-28": "Leap", "2027-03-01": "March", "2027-03-05": "",
        "2028-02-28": "", "2028-02-29": "Leap Unborn",
    }  # fmt: skip
    assert sorted(set(inside(after))) == ["Leap", "New"], (
        "within a week after it, on a day that somebody looked"
    )


@pytest.mark.parametrize(
    ("days", "side", "today", "reached"),
    [
        (30, "before", date(2028, 1, 30), date(2028, 2, 29)),
        (1, "before", date(2027, 2, 28), date(2027, 3, 1)),
        (365, "before", date(2027, 3, 1), date(2028, 2, 29)),
        (1, "after", date(2028, 3, 1), date(2028, 2, 29)),
        (0, "before", date(2028, 2, 29), date(2028, 2, 29)),
    ],
)
def test_days_are_counted_over_leap_days(days: int, side: str, today: date, reached: date) -> None:
    config = dates.DateFieldConfig(field="renewal", days=days, side=side)  # pyright: ignore[reportArgumentType]
    since, until = dates._within_its_days(config, today)  # pyright: ignore[reportPrivateUsage]
    assert since < reached <= until
    assert today + dates._shift(config) == reached  # pyright: ignore[reportPrivateUsage]


def test_whoever_enters_a_segment_comes_in_and_whoever_was_in_it_does_not(world: World, acme: Tenant) -> None:
    tom = acme.contacts(
        [
            {"name": "Priya Raman", "email": "p@x.example", "company": "Foothill"},
            {"name": "Tom Ash", "email": "t@x.example", "company": "Ash"},
            *({"name": f"N{n} X", "email": f"n{n}@x.example"} for n in range(7)),
        ]
    )[1]
    with acme.acting() as session:
        rule = {
            "match": "all",
            "rules": [{"ask": "field", "field": "company", "operator": "is", "value": "Foothill"}],
        }
        segment = Segment(id=uuid7(), name="Foothill people", name_key="foothill people", rule=rule)
        session.add(segment)
        session.commit()
    run, also_now = running(acme, SHORT), running(acme, SHORT)
    with patch.object(segments, "SLICE", 3), counted() as statements:
        trigger = when(run, "segment_entered", segment=str(segment.id), also="new", repeats="every")
        when(also_now, "segment_entered", segment=str(segment.id), also="now")
    assert (inside(run), inside(also_now)) == ([], ["Priya"])
    assert sum("INSERT INTO segment_seen" in one for one in statements) == 2 * 4, (
        "four slices of everybody, each once"
    )
    changed(acme, tom, company="Foothill")
    assert inside(run) == [], "no piece of news makes anybody look"
    world.later(minutes=16)
    assert (inside(run), inside(also_now)) == (["Tom"], ["Priya", "Tom"])
    # Out and in again is a new entering; deleting the segment ends it quietly.
    changed(acme, tom, company="Ash")
    world.later(minutes=16)
    changed(acme, tom, company="Foothill")
    world.later(hours=2)
    assert inside(run) == ["Tom", "Tom"]
    # A look that took a minute is followed by a long rest.
    with acme.acting() as session:
        row = session.get_one(Trigger, (acme.id, trigger))
        row.look_began_at = clock.now() - timedelta(minutes=1)
        session.commit()
    look_around(world)
    row = the(run, trigger)
    assert row.looked_at is not None
    assert row.look_again_at is not None
    assert row.look_again_at - row.looked_at >= timedelta(minutes=20)
