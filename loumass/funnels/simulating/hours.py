"""When a sender may write to somebody: its window and the night, on the clock where the person lives.

The same answers as the gates `day_off`, `quiet_hours` and `window` give in SQL (`messages/gates.py`), also on days when clocks change.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from loumass.messages.gates_around import DAYS_AHEAD_PAST_DAYS_OFF

DAY_OFF, QUIET, WINDOW = "day_off", "quiet_hours", "window"
_DAY = 24 * 60
#: As far as the gates look ahead, of today and later.
_DAYS_AHEAD = 9


@dataclass(frozen=True, slots=True)
class Hours:
    """Days are ISO numbers, times minutes since midnight. Without `night_ends` there is no night (e-mail)."""

    weekdays: frozenset[int] = frozenset(range(1, 8))
    opens: int = 0
    closes: int = _DAY
    night_ends: int | None = None
    night_begins: int = _DAY
    #: Dates on which it is closed, for a sender that skips days off.
    days_off: Set[date] = frozenset()

    @property
    def never_close(self) -> bool:
        """Whether any hour of any day will do."""
        is_all_day = self.opens <= 0 and self.closes >= _DAY
        return self.night_ends is None and len(self.weekdays) == 7 and is_all_day and not self.days_off

    def refusal(self, at: datetime, zone: ZoneInfo) -> str | None:
        """The gate that refuses somebody in `zone` at this moment, or None."""
        local = at.astimezone(zone)
        minute = local.hour * 60 + local.minute
        if local.date() in self.days_off:
            return DAY_OFF
        if self.night_ends is not None and not self.night_ends <= minute < self.night_begins:
            return QUIET
        is_open = local.isoweekday() in self.weekdays and self.opens <= minute < self.closes
        return None if is_open else WINDOW

    def opens_at(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When it is asked again after a refusal: the next opening after `at`. None: never."""
        first, minutes = at.astimezone(zone).date(), max(self.opens, self.night_ends or 0)
        looked_at = DAYS_AHEAD_PAST_DAYS_OFF + 1 if self.days_off else _DAYS_AHEAD
        for ahead in range(looked_at):
            day = first + timedelta(days=ahead)
            is_on = day.isoweekday() in self.weekdays and day not in self.days_off
            if is_on and (opening := wall(day, minutes, zone)) > at:
                return opening
        return wall(first + timedelta(days=looked_at), 0, zone) if self.days_off else None

    def open_until(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Until when what is open at `at` surely stays open; `at` itself on a day that nobody can say it of."""
        local = at.astimezone(zone)
        last = min(self.closes, self.night_begins if self.night_ends is not None else _DAY, _DAY)
        ends = wall(local.date(), last, zone)
        return ends if ends.astimezone(zone).utcoffset() == local.utcoffset() else at


def wall(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The UTC moment when clocks in `zone` show so many minutes after midnight of `day`, as PostgreSQL reads them.

    What is shown twice, and what is skipped, is read by the standard time: the later of the two.
    """
    naive = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
    shown = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(shown)
