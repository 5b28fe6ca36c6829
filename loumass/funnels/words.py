"""Times and amounts as people say them."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MERGE_TAG = re.compile(r"\{\{\s*(?:[\w]+\.)*(\w+)[^{}]*\}\}")
MEDIA = {"email": "e-mail", "sms": "text", "voicemail": "voicemail"}


def amount_of(amount: int, unit: str) -> str:
    """``1 day``, ``3 days``."""
    return f"{amount} {unit.removesuffix('s') if amount == 1 else unit}"


def clock(at: time) -> str:
    """``9``, ``16``, ``9:30``: 24 hours, no idle zeros."""
    return f"{at.hour}" if at.minute == 0 else f"{at.hour}:{at.minute:02}"


def clock_in_full(at: time) -> str:
    """``9:00``."""
    return f"{at.hour}:{at.minute:02}"


def day(at: datetime, zone: ZoneInfo | None = None) -> str:
    """``Sat 28 Feb`` on the wall calendar of ``zone`` (None: as it stands)."""
    local = at.astimezone(zone) if zone else at
    return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"


def weekdays(days: Iterable[int]) -> str:
    """``Mon to Fri``, ``Tue``, ``Mon, Wed``: three or more in a row are a range."""
    ordered = sorted(days)
    if not ordered:
        return "no day"
    runs: list[list[int]] = []
    for number in ordered:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(_run(run) for run in runs)


def _run(run: Sequence[int]) -> str:
    names = [WEEKDAYS[number] for number in run]
    return f"{names[0]} to {names[-1]}" if len(run) > 2 else ", ".join(names)


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def called(name: str) -> str:
    """``name`` inside of a sentence: in quotation marks where it ends like one ("“Are they coming?” leads nowhere.")."""
    return f"“{name}”" if name.endswith((".", "?", "!", "…")) else name


def tags_named(text: str) -> str:
    """``text`` with its merge tags as ‹first name›."""
    return _MERGE_TAG.sub(lambda tag: f"‹{tag[1].replace('_', ' ')}›", text)


def sentence(text: str) -> str:
    """``text`` with its first letter large."""
    return text[:1].upper() + text[1:]
