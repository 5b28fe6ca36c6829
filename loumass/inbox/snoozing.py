"""Until when a conversation may be put off, in the reader's own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loumass.core.errors import Refused

_MORNING = time(9)


@dataclass(frozen=True, slots=True)
class Choice:
    """`value` is what the form sends, `moment` when it would come back."""

    value: str
    label: str
    moment: datetime


def choices(now: datetime, timezone: str) -> Sequence[Choice]:
    """The usual moments: later today, tomorrow, in three days, next Monday."""
    local = now.astimezone(_zone(timezone))
    monday = local.date() + timedelta(days=7 - local.weekday())
    moments = [
        ("3h", "In three hours", local + timedelta(hours=3)),
        ("tomorrow", "Tomorrow morning", _morning(local, 1)),
        ("3d", "In three days", _morning(local, 3)),
        ("monday", "Next Monday", datetime.combine(monday, _MORNING, local.tzinfo)),
    ]
    return [Choice(value, label, moment) for value, label, moment in moments]


def until(value: str, now: datetime, timezone: str) -> datetime:
    """The moment that a form asks for: a choice, or a local time like `2026-03-09T14:30`. Raises Refused."""
    for choice in choices(now, timezone):
        if choice.value == value:
            return choice.moment
    try:
        local = datetime.fromisoformat(value)
    except ValueError as problem:
        raise Refused("Choose a day and a time. Nothing was changed.") from problem
    return local if local.tzinfo else local.replace(tzinfo=_zone(timezone))


def _morning(local: datetime, days: int) -> datetime:
    return datetime.combine(local.date() + timedelta(days=days), _MORNING, local.tzinfo)


def _zone(timezone: str) -> ZoneInfo:
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
