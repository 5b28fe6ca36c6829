"""When a pool of senders would be done: day by day, with caps, warm-ups and the days on which each sends. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row

from loumass.channels.models import Channel
from loumass.channels.warming import Warmup, least
from loumass.messages.spreading import within

#: So many days are looked ahead.
LONGEST = 3650


@dataclass(slots=True)
class Pace:
    """What one sender may send a day: `cap` and the least of its warm-up, on `weekdays` (ISO) but not on `days_off`.
    `climbed` days have sent."""

    cap: int | None
    weekdays: frozenset[int]
    warmup: Warmup | None = None
    climbed: int = 0
    used: int = 0
    days_off: Set[date] = frozenset()

    @classmethod
    def of(cls, channel: Channel, room: Row[Any], days_off: Set[date]) -> Pace:
        """The pace of `channel`, which stands as `room` says; `days_off` are the organization's."""
        warmup = Warmup.of(channel.warmup_start, channel.warmup_step, channel.warmup_ceiling)
        # Neither the pace nor the hours of the day let more through, whatever the cap says.
        gap = max(channel.minimum_gap_seconds, channel.brake_gap_seconds)
        minutes = max(channel.window_until - channel.window_from, 0)
        by_pace = within(minutes, channel.per_minute, gap)
        cap = min((one for one in (channel.daily_cap, by_pace) if one is not None), default=None)
        closed = days_off if channel.skips_days_off else frozenset()
        return cls(cap, frozenset(channel.window_weekdays), warmup, room.warmup_day - 1, room.used, closed)

    @property
    def is_endless(self) -> bool:
        """Whether nothing bounds its day."""
        return self.cap is None and self.warmup is None

    def room(self) -> int:
        """How many messages its next day takes."""
        return least(self.cap, self.warmup, self.climbed) or 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """`first` and `most` are what all together send on a day; `last` is the day of the last message, after `days` days.

    None where that is too far away to say.
    """

    first: int
    most: int
    days: int
    last: date | None


def finished(paces: Sequence[Pace], messages: int, today: date) -> Forecast:
    """When `messages` would have gone, from `today` on. None of `paces` is endless."""
    first = most = sum(pace.room() for pace in paces)
    for number in range(LONGEST):
        on = today + timedelta(days=number)
        working = [pace for pace in paces if on.isoweekday() in pace.weekdays and on not in pace.days_off]
        for pace in working:
            room = max(pace.room() - pace.used, 0)
            pace.climbed += bool(room or pace.used)
            messages -= room
        for pace in paces:
            pace.used = 0
        if messages <= 0:
            return Forecast(first, most, number + 1, on)
        most = max(most, sum(pace.room() for pace in paces))
    return Forecast(first, most, LONGEST, None)
