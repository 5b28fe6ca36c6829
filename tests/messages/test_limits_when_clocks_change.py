"""The two nights of the year on which clocks change: 8 March and 1 November 2026 in Denver, 29 March and 25 October in Berlin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from loumass.accounts.models import Organization
from loumass.core import clock
from loumass.core.tenancy import globally
from tests.messages.gates import waiting
from tests.messages.limits import got, ruled
from tests.messages.sending import campaign, mailbox, message, number, people, states, stream
from tests.world import World

CHANGES = [
    pytest.param("America/Denver", datetime(2026, 3, 8, tzinfo=UTC), timedelta(hours=7), timedelta(hours=6), id="Denver-spring"),
    pytest.param("America/Denver", datetime(2026, 11, 1, tzinfo=UTC), timedelta(hours=6), timedelta(hours=7), id="Denver-autumn"),
    pytest.param("Europe/Berlin", datetime(2026, 3, 29, tzinfo=UTC), timedelta(hours=-1), timedelta(hours=-2), id="Berlin-spring"),
    pytest.param("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC), timedelta(hours=-2), timedelta(hours=-1), id="Berlin-autumn"),
]  # fmt: skip


def at(moment: datetime) -> None:
    clock.advance(moment - clock.now())


def lives_in(world: World, zone: str) -> None:
    """Acme keeps the clock of `zone`."""
    with globally() as session:
        session.get_one(Organization, world.acme.id).timezone = zone
        session.commit()


@pytest.mark.parametrize(("zone", "day", "before", "after"), CHANGES)
def test_night_and_window_end_at_the_hour_of_the_new_clock(
    world: World, zone: str, day: datetime, before: timedelta, after: timedelta
) -> None:
    at(day + before - timedelta(hours=1))  # 23:00 of the evening before
    channel = number(world.acme)
    windowed = mailbox(world.acme, window_from=9 * 60, window_until=17 * 60)
    person = world.acme.contact(phone="+13035550117", timezone=zone)
    (text,) = campaign(world.acme, channel, [person], stream(world.acme))
    (mail,) = campaign(world.acme, windowed, [person], stream(world.acme))
    world.work()
    for message_id, gate, hour in ((text, "quiet_hours", 8), (mail, "window", 9)):
        (told,) = waiting(world, message_id)
        assert (told.gate, told.until) == (gate, day + after + timedelta(hours=hour))
        assert message(world.acme, message_id).due_at == told.until
    at(day + after + timedelta(hours=7, minutes=59))
    world.work()
    assert states(world.acme, [text, mail]) == ["queued", "queued"]
    world.later(minutes=2)
    assert states(world.acme, [text, mail]) == ["sent", "queued"]
    world.later(hours=1)
    assert states(world.acme, [text, mail]) == ["sent", "sent"]


@pytest.mark.parametrize(("zone", "day", "before", "after"), CHANGES)
def test_the_day_of_the_change_is_one_day_for_caps_warm_ups_and_people(
    world: World, zone: str, day: datetime, before: timedelta, after: timedelta
) -> None:
    lives_in(world, zone)
    warmup: dict[str, Any] = {
        "warmup_start": 1, "warmup_step": 1, "warmup_ceiling": 9, "warmup_since": day.date() - timedelta(days=1),
    }  # fmt: skip
    at(day + before - timedelta(minutes=30))  # 23:30 of the day before
    maya = mailbox(world.acme, **warmup)
    ids = campaign(world.acme, maya, people(world.acme, 9, timezone=zone), stream(world.acme))
    world.work()
    assert states(world.acme, ids).count("sent") == 1
    told = waiting(world, ids[-1])[0]
    assert (told.gate, told.until) == ("daily_cap", day + before)
    at(day + before + timedelta(minutes=1))
    world.work()
    assert states(world.acme, ids).count("sent") == 3
    # 23 or 25 hours later, and not a minute before.
    tomorrow = day + timedelta(days=1) + after
    assert waiting(world, ids[-1])[0].until == tomorrow
    at(tomorrow - timedelta(minutes=1))
    world.work()
    assert states(world.acme, ids).count("sent") == 3
    world.later(minutes=2)
    assert states(world.acme, ids).count("sent") == 6


@pytest.mark.parametrize(("zone", "day", "before", "after"), CHANGES)
def test_a_persons_day_and_week_are_those_of_their_clock(
    world: World, zone: str, day: datetime, before: timedelta, after: timedelta
) -> None:
    assert day.date().isoweekday() == 7
    ruled(world.acme, contact_per_day=1, contact_per_week=2)
    at(day + before + timedelta(minutes=30))
    maya = mailbox(world.acme)
    person = world.acme.contact(timezone=zone)
    got(world.acme, maya, person, at=day + before - timedelta(minutes=1))  # yesterday
    first, second = (campaign(world.acme, maya, [person], stream(world.acme))[0] for _ in range(2))
    world.work()
    assert states(world.acme, [first, second]) == ["sent", "queued"]
    told = waiting(world, second)[0]
    monday = day + timedelta(days=1) + after
    assert (told.gate, told.until) == ("frequency", monday)
    at(monday - timedelta(minutes=1))
    world.work()
    assert states(world.acme, [second]) == ["queued"]
    world.later(minutes=2)
    assert states(world.acme, [second]) == ["sent"]


def test_the_hour_that_comes_twice_counts_once(world: World) -> None:
    lives_in(world, "America/Denver")
    at(datetime(2026, 11, 1, 7, 30, tzinfo=UTC))  # 1:30, for the first time
    maya = mailbox(world.acme, daily_cap=1)
    ids = campaign(world.acme, maya, people(world.acme, 2), stream(world.acme))
    world.work()
    world.later(hours=1)  # 1:30, for the second time
    assert states(world.acme, ids) == ["sent", "queued"]
    assert waiting(world, ids[1])[0].until == datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
    assert clock.now().date() == date(2026, 11, 1)
