"""Times and numbers as people say them, on pages and in mails."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from loumass.core import clock


def moment(value: datetime | None, timezone: str) -> str:
    """`value` in `timezone`, as short as it stays clear: "9:40", "Mon 9:40", "3 Feb 9:40", "3 Feb 2025"."""
    if value is None:
        return "Never"
    zone = ZoneInfo(timezone)
    local, today = value.astimezone(zone), clock.now().astimezone(zone).date()
    time = f"{local.hour}:{local.minute:02}"
    days = (today - local.date()).days
    if days == 0:
        return time
    if abs(days) < 7:
        return f"{local:%a} {time}"
    if local.year == today.year:
        return f"{local.day} {local:%b} {time}"
    return f"{local.day} {local:%b} {local.year}"


def day(value: datetime | None, timezone: str) -> str:
    """The day of `value` in `timezone`: "Thu 12 March", with the year when it is another one."""
    if value is None:
        return ""
    zone = ZoneInfo(timezone)
    local = value.astimezone(zone)
    year = "" if local.year == clock.now().astimezone(zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%B}{year}"


def number(value: float | None) -> str:
    """`value` with thousands separated: 18,420."""
    return "" if value is None else f"{value:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`count` with its word: "1 person", "3 people"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
