"""The days that a dashboard speaks of, in the organization's own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from loumass.core import clock

CHOICES = (7, 30, 90)
USUAL = 30


@dataclass(frozen=True, slots=True)
class Period:
    """The last `days` days up to today, today included."""

    days: int
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The current day there."""
        return clock.now().astimezone(self.zone).date()

    @property
    def first(self) -> date:
        """The first day of the period."""
        return self.today - timedelta(days=self.days - 1)

    @property
    def since(self) -> datetime:
        """The midnight that the period begins with."""
        return self.midnight(self.first)

    @property
    def before(self) -> datetime:
        """Where a period of the same length that ends at `since` begins."""
        return self.midnight(self.first - timedelta(days=self.days))

    def midnight(self, day: date) -> datetime:
        """When `day` begins there."""
        return datetime.combine(day, time(), self.zone)

    def each(self) -> list[date]:
        """Every day of it, the oldest first."""
        return [self.first + timedelta(days=n) for n in range(self.days)]


def chosen(days: str | None, zone: ZoneInfo) -> Period:
    """The period that the address asks for; the usual one when it asks for none that we offer."""
    wanted = int(days) if days and days.isdecimal() and int(days) in CHOICES else USUAL
    return Period(wanted, zone)
