"""The limits that a simulation sends by: one sender's own, and what several share. Pure values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.channels.warming import Warmup
from loumass.funnels.simulating.hours import Hours, wall
from loumass.funnels.simulating.people import Person

_ENDLESS = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A mailbox or number as it stands when the simulation begins.

    `climbed`: on so many days its warm-up has climbed. `stopped`: the gate that holds all of it (paused, disconnected).
    `health`: what part of its messages it gets in a pool.
    """

    id: UUID
    medium: str
    name: str
    hours: Hours = field(default_factory=Hours)
    cap: int | None = None
    warmup: Warmup | None = None
    climbed: int = 0
    used: int = 0
    per_minute: int | None = None
    gap_seconds: int = 0
    gap_jitter: int = 0
    brake_gap_seconds: int = 0
    rests_until: datetime | None = None
    stopped: str = ""
    health: float = 1.0
    brand_id: UUID | None = None

    @property
    def burst(self) -> int:
        """How many leave together, as `messages/outbox_lease.py` lets them."""
        if self.gap_seconds or self.brake_gap_seconds:
            return 1
        return _ENDLESS if not self.per_minute else max(1, self.per_minute // 6)

    def pause_after(self, count: int, share: float) -> timedelta:
        """How long it rests after so many; `share` of the random part of its gap is added."""
        paced = timedelta(minutes=count / self.per_minute) if self.per_minute else timedelta()
        gap = max(self.gap_seconds * (1 + share * self.gap_jitter / 100), self.brake_gap_seconds)
        return max(paced, timedelta(seconds=gap))


@dataclass(slots=True)
class Brand:
    """Segments that its numbers share a day of the organization."""

    segments_per_day: int
    used: int = 0
    day: date | None = None

    def room(self, day: date) -> int:
        """What is left of the day."""
        if self.day is not None and self.day != day:
            self.used = 0
        self.day = day
        return self.segments_per_day - self.used


@dataclass(frozen=True, slots=True)
class Budget:
    """How often one person is written to on their day and in their week, from Monday; None: no limit."""

    per_day: int | None = None
    per_week: int | None = None

    @property
    def is_set(self) -> bool:
        """Whether anything is counted."""
        return self.per_day is not None or self.per_week is not None

    def until(self, person: Person, at: datetime) -> datetime | None:
        """When they may be written to again; None: now."""
        today = at.astimezone(person.zone).date()
        monday = today - timedelta(days=today.weekday())
        got = person.got or ()
        if self.per_week is not None and _since(got, wall(monday, 0, person.zone)) >= self.per_week:
            return wall(monday + timedelta(days=7), 0, person.zone)
        if self.per_day is not None and _since(got, wall(today, 0, person.zone)) >= self.per_day:
            return wall(today + timedelta(days=1), 0, person.zone)
        return None

    def note(self, person: Person, at: datetime) -> None:
        """They are written to now. What lies more than a week back is forgotten."""
        week = at - timedelta(days=8)
        person.got = [*(one for one in person.got or () if one > week), at]


@dataclass(slots=True)
class Limits:
    """What all senders share: the organization's clock, its budget per person, its brands."""

    home: ZoneInfo
    budget: Budget = field(default_factory=Budget)
    brands: dict[UUID, Brand] = field(default_factory=dict)


def _since(got: Sequence[datetime], begins: datetime) -> int:
    return sum(one >= begins for one in got)
