"""Clocks on people's walls: adding days, opening windows, right across changes of summer time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

EVERY_DAY = frozenset(range(7))
_MIDNIGHT = time()
# A weekly pattern opens within 7 days; a summer-time gap can swallow one opening, so look at two weeks. Each day off can
# take away one opening more.
_DAYS_TO_LOOK = 15


def moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The UTC moment when the wall clock in ``zone`` shows ``clock`` on ``day``.

    A time that is shown twice means the first showing. A time that is skipped means as long after the skip
    as it lies after the skip's beginning (02:30 in a skipped hour is 03:30), as in RFC 5545.
    """
    return datetime.combine(day, clock.replace(fold=0), tzinfo=zone).astimezone(UTC)


def later(base: datetime, amount: int, unit: str, zone: ZoneInfo) -> datetime:
    """``base`` plus ``amount`` of ``minutes | hours | days | weeks``, in UTC.

    Minutes and hours are elapsed time. Days and weeks keep the wall clock in ``zone``: a day after 9:00 is
    9:00 again, also when the clocks change in between.
    """
    if unit == "minutes":
        return base.astimezone(UTC) + timedelta(minutes=amount)
    if unit == "hours":
        return base.astimezone(UTC) + timedelta(hours=amount)
    local = base.astimezone(zone)
    days = amount * 7 if unit == "weeks" else amount
    return moment(local.date() + timedelta(days=days), local.time(), zone)


@cache
def zone_names() -> tuple[str, ...]:
    """The time zones that exist, in alphabetical order; looked up once, since it reads a folder tree."""
    return tuple(sorted(available_timezones()))


@dataclass(frozen=True, slots=True)
class Window:
    """Weekdays (0 is Monday) and hours, on the wall clock. ``closes`` at 00:00 means the end of the day.

    With ``skips_days_off`` it stays closed on ``days_off``, which ``without`` gives it: dates on the wall, by name.
    """

    weekdays: frozenset[int] = EVERY_DAY
    opens: time = _MIDNIGHT
    closes: time = _MIDNIGHT
    skips_days_off: bool = False
    days_off: Mapping[date, str] = field(default_factory=dict, hash=False)

    @property
    def is_always_open(self) -> bool:
        is_all_day = self.opens == self.closes == _MIDNIGHT
        return self.weekdays >= EVERY_DAY and is_all_day and not self.skips_days_off

    @property
    def never_opens(self) -> bool:
        ends_before_it_begins = self.closes != _MIDNIGHT and self.closes <= self.opens
        return not self.weekdays or ends_before_it_begins

    def without(self, days_off: Mapping[date, str]) -> "Window":
        """The same, closed on these days, if it skips days off."""
        return replace(self, days_off=days_off) if self.skips_days_off and days_off else self

    def day_off(self, at: datetime, zone: ZoneInfo) -> str:
        """What the day of ``at`` is called if it is closed for being a day off; else empty."""
        return self.days_off.get(at.astimezone(zone).date(), "") if self.days_off else ""

    def is_open(self, at: datetime, zone: ZoneInfo) -> bool:
        local = at.astimezone(zone)
        clock = local.time()
        before_closing = self.closes == _MIDNIGHT or clock < self.closes
        is_on = local.weekday() in self.weekdays and local.date() not in self.days_off
        return is_on and self.opens <= clock and before_closing

    def next_open(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The first moment not before ``at`` when the window is open, in UTC. Raises ValueError if it never is."""
        at = at.astimezone(UTC)
        if self.is_open(at, zone):
            return at
        first = at.astimezone(zone).date()
        for offset in range(_DAYS_TO_LOOK + 7 * len(self.days_off)):
            for candidate in self._openings(first + timedelta(days=offset), zone):
                if candidate >= at and self.is_open(candidate, zone):
                    return candidate
        raise ValueError("This window of hours and weekdays never opens.")

    def _openings(self, day: date, zone: ZoneInfo) -> list[datetime]:
        """Moments of ``day`` when the window can turn open: at its hour (shown twice, perhaps), or at a clock change."""
        wall = datetime.combine(day, self.opens, tzinfo=zone)
        shown = [wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
        return sorted([*shown, *clock_changes(day, zone)])


def clock_changes(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """The moment (at most one) of ``day`` when the clocks of ``zone`` are changed, in UTC, to the second.

    It belongs to the day that the changed clock shows.
    """
    return iter(_clock_changes(day, zone))


# Thousands who wait for one morning ask for the same few days.
@lru_cache(maxsize=4_096)
def _clock_changes(day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    # A local day lies within 15 hours of the same day of UTC, everywhere.
    before = datetime.combine(day, _MIDNIGHT, tzinfo=UTC) - timedelta(hours=15)
    after = before + timedelta(hours=54)
    if _offset(before, zone) == _offset(after, zone):
        return ()
    old = _offset(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if _offset(middle, zone) == old:
            before = middle
        else:
            after = middle
    return (after,) if after.astimezone(zone).date() == day else ()


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
