"""Which day it is where people are, in SQL: by lists of time zones, so that no stored name is ever converted.

What a contact's `timezone` says may be no zone at all; then, and without one, the organization's counts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import ARRAY, ColumnElement, Text, any_, bindparam, case, literal

from loumass.contacts.models import Contact
from loumass.contacts.rules.predicate import Asked


def their_day(asked: Asked, days: int) -> ColumnElement[str]:
    """So many days from today on each contact's wall calendar, as ISO text."""
    return _by_date(asked, lambda day: literal((day + timedelta(days=days)).isoformat()))


def is_their_weekday(asked: Asked, wanted: frozenset[int]) -> ColumnElement[bool]:
    """Whether it is one of the weekdays (0 is Monday) where each contact is."""
    return _by_date(asked, lambda day: literal(day.weekday() in wanted))


def _by_date(asked: Asked, of: Callable[[date], ColumnElement[Any]]) -> ColumnElement[Any]:
    """What `of` says of the date that each contact has. Few zones have another one than home."""
    home = asked.now.astimezone(asked.home).date()
    now = asked.now.astimezone(UTC)
    ways = [
        (Contact.timezone == any_(_names(zones)), of(day))
        for day, zones in _zones_by_date(now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0))
        if day != home
    ]
    return case(*ways, else_=of(home)) if ways else of(home)


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


@lru_cache(maxsize=8)
def _zones_by_date(quarter: datetime) -> tuple[tuple[date, tuple[str, ...]], ...]:
    """Date -> zones where it is that date. No zone is off by less than a quarter of an hour (since 1972)."""
    found: dict[date, list[str]] = {}
    for name in _zones():
        found.setdefault(quarter.astimezone(ZoneInfo(name)).date(), []).append(name)
    return tuple((day, tuple(zones)) for day, zones in found.items())


def _names(zones: tuple[str, ...]) -> Any:
    return bindparam(None, list(zones), type_=ARRAY(Text()), unique=True)
