"""People of one time zone who wait for one sender: its hours close and open for all of them at once."""

from __future__ import annotations

from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import NamedTuple
from zoneinfo import ZoneInfo

from loumass.funnels.simulating.hours import Hours
from loumass.funnels.simulating.people import Person

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


class Letter(NamedTuple):
    """One message in a queue: when it is due, in which order it was planned. Nobody's is another campaign's."""

    due: datetime
    number: int
    zone: ZoneInfo
    person: Person | None
    segments: int = 1


class Lane:
    """Messages in their order. `fresh` of them came since its hours last closed."""

    __slots__ = ("_closed_until", "_hours", "_letters", "_open_until", "_refused_until", "fresh", "zone")

    def __init__(self, hours: Hours, zone: ZoneInfo) -> None:
        self._hours, self.zone = hours, zone
        self._letters: list[Letter] = []
        self._open_until = NEVER if hours.never_close else _LONG_AGO
        self._closed_until = _LONG_AGO
        #: What its hours refused is due again at the opening, as rows in the queue are.
        self._refused_until = _LONG_AGO
        self.fresh = 0

    def __len__(self) -> int:
        return len(self._letters)

    @property
    def turn(self) -> tuple[datetime, int]:
        """Where its first message stands among those of all lanes."""
        first = self._letters[0]
        return max(first.due, self._refused_until), first.number

    def put(self, letter: Letter) -> None:
        """One more waits."""
        heappush(self._letters, letter)
        self.fresh += letter.person is not None

    def take(self) -> Letter:
        """The next one."""
        return heappop(self._letters)

    def closed_until(self, at: datetime) -> datetime | None:
        """When it opens again (`NEVER`, perhaps), or None while it is open."""
        if at < self._open_until:
            return None
        if at < self._closed_until:
            self._refused_until = self._closed_until
            return self._closed_until
        if self._hours.refusal(at, self.zone) is None:
            self._open_until = self._hours.open_until(at, self.zone)
            return None
        self._refused_until = self._closed_until = self._hours.opens_at(at, self.zone) or NEVER
        return self._closed_until

    def refusal(self, at: datetime) -> str:
        """The gate that holds it at `at`; empty where it is open."""
        return self._hours.refusal(at, self.zone) or ""
