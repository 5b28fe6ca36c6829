"""The days that figures speak of, in the organization's own time, and those before that they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from loumass.core import clock

CHOICES = (7, 30, 90)
USUAL = 30
#: The longest that may be asked for: two years and a day.
LONGEST = 732
#: More days than these are drawn week by week.
MOST_BARS = 92


@dataclass(frozen=True, slots=True)
class Period:
    """`days` days up to `last`, both ends included; without `last` up to today."""

    days: int
    zone: ZoneInfo
    until_day: date | None = None

    @property
    def today(self) -> date:
        """The current day there."""
        return clock.now().astimezone(self.zone).date()

    @property
    def last(self) -> date:
        """The last day of the period."""
        return self.until_day or self.today

    @property
    def first(self) -> date:
        """The first day of the period."""
        return self.last - timedelta(days=self.days - 1)

    @property
    def first_before(self) -> date:
        """The first day of the period of the same length that ends where this one begins."""
        return self.first - timedelta(days=self.days)

    @property
    def since(self) -> datetime:
        """The midnight that the period begins with."""
        return self.midnight(self.first)

    @property
    def until(self) -> datetime:
        """The midnight that it ends with."""
        return self.midnight(self.last + timedelta(days=1))

    @property
    def before(self) -> datetime:
        """Where a period of the same length that ends at `since` begins."""
        return self.midnight(self.first_before)

    @property
    def words(self) -> str:
        """ "Last 30 days", or the days themselves."""
        return self.dates if self.until_day else f"Last {self.days} days"

    @property
    def dates(self) -> str:
        """ "2 Feb to 3 Mar"."""
        return f"{_short(self.first)} to {_short(self.last)}"

    @property
    def dates_before(self) -> str:
        """The same of the days that it is compared with."""
        return f"{_short(self.first_before)} to {_short(self.first - timedelta(days=1))}"

    @property
    def query(self) -> dict[str, Any]:
        """What an address says to ask for it."""
        if self.until_day is None:
            return {"days": str(self.days)}
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    @property
    def year_query(self) -> dict[str, Any]:
        """What an address says to ask for the last 365 days."""
        return {"from": (self.today - timedelta(days=364)).isoformat(), "to": self.today.isoformat()}

    def midnight(self, day: date) -> datetime:
        """When `day` begins there."""
        return datetime.combine(day, time(), self.zone)

    def each(self) -> list[date]:
        """Every day of it, the oldest first."""
        return [self.first + timedelta(days=n) for n in range(self.days)]

    def bars(self) -> list[list[date]]:
        """The days as they are drawn: one by one, or by weeks where they are many."""
        days = self.each()
        step = 1 if self.days <= MOST_BARS else 7
        return [days[at : at + step] for at in range(0, len(days), step)]


def chosen(days: str | None, zone: ZoneInfo) -> Period:
    """The period that the address asks for; the usual one when it asks for none that we offer."""
    wanted = int(days) if days and days.isdecimal() and int(days) in CHOICES else USUAL
    return Period(wanted, zone)


def asked(query: Mapping[str, str], zone: ZoneInfo) -> Period:
    """The same where any days may be asked for (`from`, `to`); nonsense is the usual period."""
    first, last = _date(query.get("from", "")), _date(query.get("to", ""))
    if first and last and first <= last <= first + timedelta(days=LONGEST - 1):
        return Period((last - first).days + 1, zone, last)
    return chosen(query.get("days"), zone)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Far from the calendar's ends, where no day comes before.
    return found if 1970 <= found.year <= 9000 else None


def _short(day: date) -> str:
    year = "" if day.year == clock.now().year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"
