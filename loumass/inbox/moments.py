"""Times in words: "tomorrow 9", "in two hours", "Monday at 14:30", always in somebody's own time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from loumass.core.errors import Refused

#: Nobody plans an answer further ahead.
FURTHEST = timedelta(days=366)
_MORNING = time(9)
_PARTS = {"morning": time(9), "noon": time(12), "afternoon": time(14), "evening": time(18)}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_NUMBERS = {word: number for number, word in enumerate(("a", "two", "three", "four", "five", "six"), 1)} | {
    "an": 1,
    "one": 1,
}
_UNITS = {"minute": timedelta(minutes=1), "min": timedelta(minutes=1), "hour": timedelta(hours=1), "h": timedelta(hours=1)}  # fmt: skip
_LONG_UNITS = {"day": 1, "week": 7}
_IN = re.compile(
    r"in (?P<many>\d{1,4}|[a-z]+) ?(?P<unit>minute|min|hour|h|day|week)s?(?: (?:at )?(?P<clock>.+))?"
)
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))? ?(?P<half>am|pm)?")
_DATE = re.compile(r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th)? (?P<month>[a-z]{3,9})\.?(?: (?P<year>\d{4}))?")


def moment_of(words: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that `words` name, read in `zone`. Raises Refused for what is no time, has passed or is too far away."""
    said = " ".join(words.lower().replace(",", " ").split())
    found = _read(said, now.astimezone(zone))
    if found is None:
        raise Refused(
            f'"{words.strip()[:60]}" is no time that is understood. Say it like "tomorrow 9:00", "Monday 14:30" or "in two hours".'
        )
    moment = found.astimezone(UTC)
    refuse_out_of_reach(moment, now)
    return moment


def refuse_out_of_reach(moment: datetime, now: datetime) -> None:
    """Raises Refused for a time that has passed, or is too far away to plan an answer for."""
    if moment <= now:
        raise Refused("That time has passed. Choose a later one; what you wrote is kept.")
    if moment - now > FURTHEST:
        raise Refused("That is more than a year away. Choose an earlier time; what you wrote is kept.")


def _read(said: str, local: datetime) -> datetime | None:
    try:
        exact = datetime.fromisoformat(said.upper())
    except ValueError:
        pass
    else:
        return exact if exact.tzinfo else exact.replace(tzinfo=local.tzinfo)
    readings: tuple[Callable[[str, datetime], datetime | None], ...] = (
        _span,
        _named_day,
        _dated,
        _clock_alone,
    )
    return next((found for read in readings if (found := read(said, local)) is not None), None)


def _span(said: str, local: datetime) -> datetime | None:
    """ "in 30 minutes", "in two days at 9"."""
    match = _IN.fullmatch(said)
    many = match["many"] if match else ""
    count = int(many) if many.isdigit() else _NUMBERS.get(many, 0)
    if match is None or not count:
        return None
    if short := _UNITS.get(match["unit"]):
        # Hours are counted as they pass, also through the night when clocks change.
        return (local.astimezone(UTC) + short * count).replace(microsecond=0) if not match["clock"] else None
    at = _clock(match["clock"]) if match["clock"] else local.time().replace(second=0, microsecond=0)
    return _at(local.date() + timedelta(days=_LONG_UNITS[match["unit"]] * count), at, local)


def _named_day(said: str, local: datetime) -> datetime | None:
    """ "today 17:00", "tomorrow", "next monday at 9", "fri noon"."""
    first, _, rest = said.removeprefix("on ").removeprefix("next ").partition(" ")
    if first in ("today", "tonight", "this"):
        return _at(local.date(), _clock(rest or ("evening" if first == "tonight" else "")), local)
    if first == "tomorrow":
        return _at(local.date() + timedelta(days=1), _clock(rest) if rest else _MORNING, local)
    weekday = next((at for at, name in enumerate(_DAYS) if len(first) >= 3 and name.startswith(first)), None)
    at = _clock(rest) if rest else _MORNING
    if weekday is None or at is None:
        return None
    ahead = (weekday - local.weekday()) % 7
    chosen = _at(local.date() + timedelta(days=ahead), at, local)
    is_past = chosen is not None and chosen <= local
    return _at(local.date() + timedelta(days=ahead + 7), at, local) if is_past else chosen


def _dated(said: str, local: datetime) -> datetime | None:
    """ "9 March 14:00", "3rd apr"."""
    match = _DATE.match(said)
    month = next(
        (at for at, name in enumerate(_MONTHS, 1) if match and name.startswith(match["month"])), None
    )
    if match is None or month is None:
        return None
    rest = said[match.end() :].strip()
    at = _clock(rest) if rest else _MORNING
    years = [int(match["year"])] if match["year"] else [local.year, local.year + 1]
    found = [_on(year, month, int(match["day"]), at, local) for year in years]
    return next((one for one in found if one is not None and (one > local or match["year"])), None)


def _clock_alone(said: str, local: datetime) -> datetime | None:
    """ "14:30": today, or tomorrow where that has passed."""
    at = _clock(said)
    today = _at(local.date(), at, local)
    return _at(local.date() + timedelta(days=1), at, local) if today is not None and today <= local else today


def _clock(said: str) -> time | None:
    said = said.removeprefix("at ").removeprefix("in the ").strip()
    if said in _PARTS:
        return _PARTS[said]
    match = _CLOCK.fullmatch(said)
    if match is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _on(year: int, month: int, day: int, at: time | None, local: datetime) -> datetime | None:
    try:
        return _at(date(year, month, day), at, local)
    except ValueError:
        return None


def _at(day: date, at: time | None, local: datetime) -> datetime | None:
    return None if at is None else datetime.combine(day, at, local.tzinfo)
