"""Days and windows are right in every zone, also when the clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loumass.funnels.local_time import Window, clock_changes, later, moment

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
ZONES = st.sampled_from(
    ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "UTC"]
).map(ZoneInfo)
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(second=0, microsecond=0)
)
HALF_HOURS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))
WINDOWS = st.builds(
    Window, st.frozensets(st.integers(0, 6), min_size=1), st.one_of(st.just(time()), HALF_HOURS), HALF_HOURS
).filter(lambda window: not window.never_opens)


def test_a_day_later_is_the_same_hour_on_the_wall_when_summer_begins():
    saturday_nine = moment(SPRING - timedelta(days=1), time(9), NEW_YORK)
    sunday = later(saturday_nine, 1, "days", NEW_YORK)
    assert sunday.astimezone(NEW_YORK).time() == time(9)
    assert sunday - saturday_nine == timedelta(hours=23)


def test_24_hours_later_is_elapsed_time():
    saturday_nine = moment(SPRING - timedelta(days=1), time(9), NEW_YORK)
    assert later(saturday_nine, 24, "hours", NEW_YORK).astimezone(NEW_YORK).time() == time(10)


def test_a_time_that_is_skipped_lies_as_far_behind_the_gap():
    assert moment(SPRING, time(2, 30), NEW_YORK).astimezone(NEW_YORK).time() == time(3, 30)


def test_a_time_that_is_shown_twice_is_the_first_showing():
    assert moment(AUTUMN, time(1, 30), NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "summer_begins", "change", "summer_ends"),
    [
        ("America/New_York", date(2026, 3, 8), timedelta(hours=1), date(2026, 11, 1)),
        ("Europe/Berlin", date(2026, 3, 29), timedelta(hours=1), date(2026, 10, 25)),
        ("Australia/Lord_Howe", date(2026, 10, 4), timedelta(minutes=30), date(2026, 4, 5)),
    ],
)
class TestWhenTheClocksChange:
    """Days and weeks keep the wall clock; hours are hours."""

    def test_a_day_across_the_change_is_shorter_or_longer(
        self, zone: str, summer_begins: date, change: timedelta, summer_ends: date
    ):
        place, day = ZoneInfo(zone), timedelta(days=1)
        for on, length in ((summer_begins, day - change), (summer_ends, day + change)):
            before = moment(on - day, time(9), place)
            after = later(before, 1, "days", place)
            assert after.astimezone(place).time() == time(9)
            assert after - before == length

    def test_a_week_across_the_change_keeps_weekday_and_hour(
        self, zone: str, summer_begins: date, change: timedelta, summer_ends: date
    ):
        place = ZoneInfo(zone)
        for on in (summer_begins, summer_ends):
            after = later(moment(on - timedelta(days=3), time(16, 45), place), 1, "weeks", place)
            local = after.astimezone(place)
            assert (local.date(), local.time()) == (on + timedelta(days=4), time(16, 45))

    def test_hours_across_the_change_are_elapsed_time(
        self, zone: str, summer_begins: date, change: timedelta, summer_ends: date
    ):
        place = ZoneInfo(zone)
        for on in (summer_begins, summer_ends):
            before = moment(on - timedelta(days=1), time(12), place)
            assert later(before, 24, "hours", place) - before == timedelta(hours=24)

    def test_counting_from_the_second_showing_means_the_usual_hour_again(
        self, zone: str, summer_begins: date, change: timedelta, summer_ends: date
    ):
        """Who came in the doubled hour's second showing is not an hour off when the clocks change next."""
        place = ZoneInfo(zone)
        # The wall time that the clocks show twice, and half a change into it.
        first = next(clock_changes(summer_ends, place)).astimezone(place).replace(fold=0) + change / 2
        second = first.replace(fold=1)
        assert second.astimezone(UTC) - first.astimezone(UTC) == change
        until = (summer_begins - first.date()).days
        spring = later(second.astimezone(UTC), until if until > 0 else until + 364, "days", place)
        assert spring == moment(spring.astimezone(place).date(), first.time(), place)
        again = later(second.astimezone(UTC), 364, "days", place)
        assert again == later(first.astimezone(UTC), 364, "days", place)

    def test_a_time_in_the_gap_comes_after_it_whatever_the_clock_remembers(
        self, zone: str, summer_begins: date, change: timedelta, summer_ends: date
    ):
        place = ZoneInfo(zone)
        gap = next(clock_changes(summer_begins, place))
        skipped = (gap.astimezone(place) - change / 2).replace(tzinfo=None).time()
        for fold in (0, 1):
            assert moment(summer_begins, skipped.replace(fold=fold), place) == gap + change / 2


def test_a_window_that_begins_in_the_skipped_hour_opens_when_the_hour_is_over():
    night = Window(opens=time(2, 30), closes=time(5))
    before = moment(SPRING, time(1), NEW_YORK)
    assert night.next_open(before, NEW_YORK).astimezone(NEW_YORK).time() == time(3)


def test_a_window_that_is_skipped_whole_opens_a_day_later():
    night = Window(opens=time(2, 15), closes=time(2, 45))
    opened = night.next_open(moment(SPRING, time(1), NEW_YORK), NEW_YORK).astimezone(NEW_YORK)
    assert (opened.date(), opened.time()) == (SPRING + timedelta(days=1), time(2, 15))


def test_a_window_in_the_doubled_hour_opens_again_the_second_time():
    early = Window(opens=time(1), closes=time(1, 30))
    after_first = moment(AUTUMN, time(1, 40), NEW_YORK)
    assert early.next_open(after_first, NEW_YORK) == datetime(2026, 11, 1, 6, 0, tzinfo=UTC)


def test_the_clocks_change_on_two_days_of_the_year():
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    changes = [change for day in days for change in clock_changes(day, LORD_HOWE)]
    assert changes == [datetime(2026, 4, 4, 15, 0, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    "window",
    [Window(frozenset()), Window(opens=time(16), closes=time(9)), Window(opens=time(9), closes=time(9))],
)
def test_a_window_that_never_opens_says_so(window: Window):
    assert window.never_opens
    with pytest.raises(ValueError, match="never opens"):
        window.next_open(datetime(2026, 3, 2, tzinfo=UTC), NEW_YORK)


@settings(max_examples=200, deadline=None)
@given(WINDOWS, TIMES, ZONES)
@example(Window(opens=time(0, 30), closes=time(1, 45)), datetime(2026, 11, 1, 5, 50, tzinfo=UTC), NEW_YORK)
@example(Window(opens=time(0, 30), closes=time(23)), datetime(2026, 3, 8, 4, 30, tzinfo=UTC), NEW_YORK)
def test_a_window_opens_at_the_first_minute_that_a_clock_watcher_would_find(
    window: Window, at: datetime, zone: ZoneInfo
):
    opened = window.next_open(at, zone)
    assert opened >= at
    assert window.is_open(opened, zone)
    quarter = at + timedelta(minutes=(-at.minute) % 15)
    while quarter < opened:
        assert not window.is_open(quarter, zone)
        quarter += timedelta(minutes=15)
    assert opened == at or not window.is_open(opened - timedelta(minutes=1), zone)


NEW_YEAR = {date(2026, 1, 1): "New Year's Day", date(2026, 1, 2): "Bridge"}


@pytest.mark.parametrize(
    ("window", "closed", "at", "opened"),
    [
        # A holiday lasts for its whole date, also for a window that opens late, and that is open already.
        (Window(opens=time(22)), {SPRING: "Rest"}, "2026-03-08T23:30", "2026-03-09T22:00"),
        # The clocks change on the day before the holiday, on it, and on the day after.
        (Window(opens=time(9)), {date(2026, 3, 9): "Rest"}, "2026-03-09T08:00", "2026-03-10T09:00"),
        (Window(), {SPRING: "Rest"}, "2026-03-08T00:00", "2026-03-09T00:00"),
        (Window(opens=time(2, 30)), {date(2026, 3, 7): "Rest"}, "2026-03-07T12:00", "2026-03-08T03:00"),
        (Window(closes=time(1, 45)), {date(2026, 10, 31): "Rest"}, "2026-10-31T01:00", "2026-11-01T00:00"),
        # A leap day; the turn of the year; one weekday that is off for three weeks, which two weeks do not show.
        (Window(), {date(2028, 2, 29): "Leap day"}, "2028-02-29T12:00", "2028-03-01T00:00"),
        (Window(frozenset(range(5)), time(9)), NEW_YEAR, "2026-01-01T00:00", "2026-01-05T09:00"),
        (
            Window(frozenset({3})),
            {date(2026, 11, 5) + timedelta(weeks=week): "Rest" for week in range(3)},
            "2026-11-04T12:00",
            "2026-11-26T00:00",
        ),
    ],
)
def test_a_window_that_skips_days_off_opens_on_the_next_day_of_work(
    window: Window, closed: dict[date, str], at: str, opened: str
):
    came = datetime.fromisoformat(at).replace(tzinfo=NEW_YORK)
    resting = replace(window, skips_days_off=True).without(closed)
    assert resting.next_open(came, NEW_YORK).astimezone(NEW_YORK) == datetime.fromisoformat(opened).replace(
        tzinfo=NEW_YORK
    )
    assert not resting.is_always_open
    assert window.without(closed) == window, "whoever does not skip them is not closed"


@settings(max_examples=200, deadline=None)
@given(TIMES, st.integers(1, 400), st.sampled_from(["minutes", "hours", "days", "weeks"]), ZONES)
def test_later_is_always_later(at: datetime, amount: int, unit: str, zone: ZoneInfo):
    assert later(at, amount, unit, zone) > at
