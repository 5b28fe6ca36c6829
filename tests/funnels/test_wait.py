"""How long people wait, and what they are told meanwhile."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loumass.funnels.decisions import End, Go, WaitFor, WaitUntil
from loumass.funnels.graph import describe
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.base import Names
from loumass.funnels.kinds.task_config import TaskConfig
from loumass.funnels.kinds.wait import due_at, target
from loumass.funnels.kinds.wait_config import WaitConfig
from loumass.funnels.local_time import moment
from loumass.funnels.step import decide
from tests.funnels.graphs import DENVER, MONDAY, facts, node

EVENT = datetime(2026, 3, 13, 1, 0, tzinfo=UTC)  # Thu 12 March, 18:00 in Denver... 19:00 after the change


def denver(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return moment(datetime(2026, month, day).date(), time(hour, minute), DENVER)  # noqa: DTZ001 - a wall date


def wait(**config: Any):
    return node("pause", "wait", **config)


def test_three_days_count_from_the_send_and_not_from_coming_here():
    sent = MONDAY - timedelta(days=1)
    decision = decide(wait(amount=3), facts(last_sent_at=sent), MONDAY)
    assert decision == WaitUntil(denver(4, 9), "3 days after the message of Sun 1 Mar")


def test_what_was_never_sent_counts_from_coming_here():
    decision = decide(wait(amount=3), facts(), MONDAY)
    assert decision == WaitUntil(denver(5, 9), "3 days after coming here on Mon 2 Mar")


def test_counting_from_coming_here_ignores_what_was_sent():
    decision = decide(wait(amount=2, unit="hours", after="entered"), facts(last_sent_at=denver(1, 9)), MONDAY)
    assert isinstance(decision, WaitUntil)
    assert decision.at == denver(2, 11)


def test_when_the_time_has_come_they_go_on():
    assert decide(wait(amount=3), facts(), denver(5, 9)) == Go()


def test_a_day_counts_on_the_contacts_wall_when_summer_begins():
    saturday = denver(7, 9)
    decision = decide(wait(amount=1), facts(entered_at=saturday), saturday)
    assert isinstance(decision, WaitUntil)
    assert decision.at - saturday == timedelta(hours=23)


@pytest.mark.parametrize(
    ("config", "comes", "goes"),
    [
        ({"amount": 1, "unit": "days"}, "2028-02-28T09:00", "2028-02-29T09:00"),
        ({"amount": 1, "unit": "days"}, "2027-02-28T09:00", "2027-03-01T09:00"),
        ({"amount": 1, "unit": "weeks"}, "2028-02-23T09:00", "2028-03-01T09:00"),
        ({"amount": 365, "unit": "days"}, "2028-02-29T09:00", "2029-02-28T09:00"),
        ({"mode": "date", "date": "2028-02-29T09:00:00"}, "2028-01-05T09:00", "2028-02-29T09:00"),
        (
            {"mode": "event", "days": 1, "direction": "before", "at": "09:00"},
            "2028-01-05T09:00",
            "2028-02-29T09:00",
        ),
        (
            {"mode": "event", "days": 366, "direction": "after", "at": "09:00"},
            "2028-01-05T09:00",
            "2029-03-02T09:00",
        ),
    ],
)
def test_leap_days_are_days_like_others(config: dict[str, Any], comes: str, goes: str) -> None:
    """The event is on 1 March 2028."""
    entered, leaves = (datetime.fromisoformat(one).replace(tzinfo=DENVER) for one in (comes, goes))
    event_at = datetime(2028, 3, 1, 18, tzinfo=DENVER)
    known = facts(
        entered_at=entered.astimezone(UTC), event_at=event_at, event_timezone=DENVER, timezone=DENVER
    )
    decision = decide(wait(**config), known, entered.astimezone(UTC))
    assert isinstance(decision, WaitUntil)
    assert decision.at == leaves


def test_then_only_tuesday_to_thursday_from_9_to_16_in_their_time():
    step = wait(amount=3, weekdays=[1, 2, 3], opens="09:00", closes="16:00")
    decision = decide(step, facts(entered_at=denver(3, 17)), denver(3, 17))
    assert decision == WaitUntil(
        denver(10, 9), "3 days after coming here on Tue 3 Mar, then Tue to Thu, 9 to 16 their time"
    )


def test_the_same_window_opens_at_another_moment_in_berlin():
    step = wait(amount=1, unit="minutes", opens="09:00", closes="16:00")
    berlin = decide(step, facts(timezone=ZoneInfo("Europe/Berlin")), MONDAY)
    assert isinstance(berlin, WaitUntil)
    assert berlin.at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    assert berlin.because == "Next time it is 9 to 16 their time"


def test_until_a_date_in_each_persons_own_time():
    step = wait(mode="date", date="2026-03-12T18:00")
    assert decide(step, facts(), MONDAY) == WaitUntil(denver(12, 18), "Until Thu 12 Mar, 18:00")


def test_until_a_date_in_a_named_zone():
    step = wait(mode="date", date="2026-03-12T18:00", zone="Europe/Berlin")
    decision = decide(step, facts(), MONDAY)
    assert isinstance(decision, WaitUntil)
    assert decision.at == datetime(2026, 3, 12, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "direction", "at", "expected"),
    [
        (2, "before", "09:30", denver(10, 9, 30)),
        (0, "before", "12:00", denver(12, 12)),
        (1, "after", "10:00", denver(13, 10)),
    ],
)
def test_days_around_the_event_at_event_time(days: int, direction: str, at: str, expected: datetime):
    step = wait(mode="event", days=days, direction=direction, at=at)
    known = facts(event_at=EVENT, event_timezone=DENVER, timezone=ZoneInfo("Europe/Berlin"))
    decision = decide(step, known, MONDAY)
    assert isinstance(decision, WaitUntil)
    assert decision.at == expected


def test_without_an_event_date_they_are_held_and_told_why():
    assert decide(wait(mode="event"), facts(), MONDAY) == WaitFor(
        "event", None, "The campaign has no event date"
    )


@pytest.mark.parametrize(("if_past", "expected"), [("go_on", Go()), ("end", End("its date had passed"))])
def test_a_reminder_whose_day_has_passed_does_as_it_was_told(if_past: str, expected: object):
    step = wait(mode="event", days=14, if_past=if_past)
    assert decide(step, facts(event_at=EVENT, event_timezone=DENVER), MONDAY) == expected


def test_passing_a_date_while_waiting_is_not_having_missed_it():
    step = wait(mode="event", days=1, if_past="end")
    known = facts(event_at=EVENT, event_timezone=DENVER)
    assert decide(step, known, denver(11, 9)) == Go()


def test_who_comes_late_and_goes_on_still_waits_for_the_window():
    step = wait(mode="date", date="2026-02-01T09:00", opens="10:00", closes="12:00")
    decision = decide(step, facts(), MONDAY)
    assert isinstance(decision, WaitUntil)
    assert decision.at == denver(2, 10)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"amount": 3, "weekdays": [1, 2, 3], "opens": "09:00", "closes": "16:00"},
            "3 days after it was sent, Tue to Thu, 9 to 16 their time",
        ),
        ({"amount": 1, "unit": "hours", "after": "entered"}, "1 hour after coming here"),
        ({"amount": 1, "unit": "minutes", "opens": "09:00"}, "next time it is 9 to 24 their time"),
        ({"amount": 2, "weekdays": [0, 2]}, "2 days after it was sent, Mon, Wed their time"),
        ({"amount": 2, "opens": "08:30"}, "2 days after it was sent, 8:30 to 24 their time"),
        (
            {"amount": 3, "weekdays": [1, 2, 3], "opens": "09:00", "closes": "16:00", "days_off": "skip"},
            "3 days after it was sent, Tue to Thu, 9 to 16 their time, no holidays",
        ),
        ({"amount": 2, "days_off": "skip"}, "2 days after it was sent, no holidays"),
        ({"amount": 1, "unit": "minutes", "days_off": "skip"}, "next day that is no holiday"),
        ({"mode": "date", "date": "2026-03-12T18:00"}, "until Thu 12 Mar 2026, 18:00 their time"),
        ({"mode": "event", "days": 2}, "until 2 days before the event, 9:00 event time"),
        ({"mode": "event", "days": 0, "at": "07:15"}, "until the day of the event, 7:15 event time"),
    ],
)
def test_a_wait_says_itself_in_words(config: dict[str, Any], words: str):
    assert describe(wait(**config), Names()) == words


THANKSGIVING = {date(2026, 11, 26): "Thanksgiving Day"}
WEEK = {"weekdays": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "17:00", "days_off": "skip"}


@pytest.mark.parametrize(
    ("config", "zone", "expected", "because"),
    [
        (WEEK, "America/Denver", "2026-11-27T09:00", "3 days after coming here on Mon 23 Nov, not on Thanksgiving Day, then Mon to Fri, 9 to 17 their time, no holidays"),
        # On Monday noon of Denver it is Tuesday in Auckland, and the third day after is a Friday there.
        (WEEK, "Pacific/Auckland", "2026-11-27T09:00", "3 days after coming here on Tue 24 Nov, then Mon to Fri, 9 to 17 their time, no holidays"),
        ({"days_off": "skip"}, "America/Denver", "2026-11-27T00:00", "3 days after coming here on Mon 23 Nov, not on Thanksgiving Day, then no holidays"),
        ({"days_off": "count"}, "America/Denver", "2026-11-26T12:00", "3 days after coming here on Mon 23 Nov"),
        (
            {"mode": "date", "date": "2026-11-26T08:00", "days_off": "skip", "opens": "09:30"}, "America/Denver", "2026-11-27T09:30",
            "Until Thu 26 Nov, 8:00, not on Thanksgiving Day, then 9:30 to 24 their time, no holidays",
        ),
        ({"mode": "event", "days": 1, "days_off": "skip", "at": "09:00"}, "America/Denver", "2026-11-27T00:00",
         "1 day before the event, not on Thanksgiving Day, then no holidays"),
    ],
)  # fmt: skip
def test_a_wait_skips_days_off_by_the_date_where_they_live(
    config: dict[str, Any], zone: str, expected: str, because: str
):
    came, place = denver(23, 12, month=11), ZoneInfo(zone)
    known = facts(
        entered_at=came, timezone=place, days_off=THANKSGIVING, event_at=denver(27, 12, month=11),
        event_timezone=DENVER,
    )  # fmt: skip
    decision = decide(wait(**config), known, came)
    assert isinstance(decision, WaitUntil)
    assert decision == WaitUntil(datetime.fromisoformat(expected).replace(tzinfo=place), because)
    assert decide(wait(**config), known, decision.at) == Go()
    # Whoever waits for a day that becomes a day off meanwhile waits on, and does not go on it.
    if config["days_off"] == "skip":
        also = dict.fromkeys([decision.at.astimezone(place).date()], "Snow")
        assert isinstance(
            decide(wait(**config), replace(known, days_off=THANKSGIVING | also), decision.at), WaitUntil
        )


def test_the_real_date_of_an_example_tells_which_day_is_skipped():
    now = denver(23, 12, month=11)
    config = WaitConfig.model_validate(WEEK | {"amount": 3})
    said = [KINDS["wait"].example(config, now, DENVER, closed) for closed in (THANKSGIVING, {})]
    assert said == [
        "Sent now, it goes on Fri 27 Nov, 9:00 (America/Denver). Thu 26 Nov is Thanksgiving Day.",
        "Sent now, it goes on Thu 26 Nov, 12:00 (America/Denver). Your organization keeps no days off yet.",
    ]
    task = TaskConfig(title="Call", due_in=3, days_off="skip")
    assert KINDS["task"].example(task, now, DENVER, THANKSGIVING) == (
        "For who comes here now it is due Fri 27 Nov, 9:00 (America/Denver). Thu 26 Nov is Thanksgiving Day."
    )


DAYS = [date(2025, 1, 1) + timedelta(days=number) for number in range(1_095)]
CONFIGS = st.builds(
    WaitConfig,
    mode=st.sampled_from(["duration", "date", "event"]),
    amount=st.integers(1, 500),
    unit=st.sampled_from(["minutes", "hours", "days", "weeks"]),
    after=st.sampled_from(["sent", "entered"]),
    date=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - wall time
    days=st.integers(0, 60),
    direction=st.sampled_from(["before", "after"]),
    weekdays=st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
    opens=st.sampled_from([None, "01:30", "09:00"]),
    closes=st.sampled_from([None, "02:30", "16:00"]),
    days_off=st.sampled_from(["count", "skip"]),
).filter(lambda config: not config.window.never_opens)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from(["America/Denver", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"]).map(
    ZoneInfo
)


@settings(max_examples=300, deadline=None)
@given(
    CONFIGS,
    MOMENTS,
    st.one_of(st.none(), MOMENTS),
    MOMENTS,
    ZONES,
    st.integers(0, 2**32).map(lambda seed: frozenset(Random(seed).sample(DAYS, seed % 300))),
)
def test_nobody_leaves_a_wait_early_or_outside_its_window(
    config: WaitConfig, entered, sent, event, zone, closed
):  # type: ignore[no-untyped-def]
    known = facts(
        entered_at=entered, last_sent_at=sent, event_at=event, event_timezone=DENVER, timezone=zone,
        days_off=dict.fromkeys(closed, "Rest"),
    )  # fmt: skip
    found, at = target(config, known), due_at(config, known)
    assert found is not None
    assert at is not None
    assert at >= entered
    assert at >= found.at
    assert config.window.is_open(at, zone)
    assert config.days_off == "count" or at.astimezone(zone).date() not in closed
    step = wait(**config.model_dump(mode="json"))
    assert decide(step, known, at) in (Go(), End("its date had passed"))
    if at > entered:
        assert decide(step, known, at - timedelta(seconds=1)) != Go()
