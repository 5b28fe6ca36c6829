"""Numbers and times as Slybroadcast writes them: ten figures, and the clock of New York."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

#: https://www.slybroadcast.com/documentation.php: "Date/Time of delivery in Eastern Time".
EASTERN = ZoneInfo("America/New_York")
_FORMAT = "%Y-%m-%d %H:%M:%S"
_NORTH_AMERICAN = re.compile(r"\+1([2-9]\d{2}[2-9]\d{6})")
_TEN = re.compile(r"1?([2-9]\d{9})")


def national(number: str) -> str:
    """`+13035550142` as `3035550142`; empty for numbers that Slybroadcast cannot reach."""
    found = _NORTH_AMERICAN.fullmatch(number)
    return found[1] if found else ""


def international(number: str) -> str:
    """`3035550142` (or `13035550142`) as `+13035550142`; empty for what is no such number."""
    found = _TEN.fullmatch(re.sub(r"\D", "", number))
    return f"+1{found[1]}" if found else ""


def eastern(moment: datetime) -> str:
    """`moment` on New York's clock, never earlier than meant.

    Once a year an hour of that clock comes twice and nobody can say which one is meant: whatever falls into the second
    of them waits for its end, instead of going an hour early.
    """
    local = moment.astimezone(EASTERN)
    if local.fold:
        local = local.replace(minute=0, second=0, microsecond=0, fold=0) + timedelta(hours=1)
    return local.strftime(_FORMAT)


def moment_of(written: str) -> datetime | None:
    """The moment that New York's clock showed `written`; None for what is no such time."""
    try:
        return datetime.strptime(written.strip(), _FORMAT).replace(tzinfo=EASTERN).astimezone(UTC)
    except ValueError:
        return None
