"""The time everybody goes by. Tests and simulation move it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """The present moment in UTC, with timezone."""
    return datetime.now(UTC) + _offset


@contextmanager
def moved_to(moment: datetime) -> Iterator[None]:
    """Inside, time runs on from `moment`."""
    global _offset  # noqa: PLW0603  one clock for the whole process is the point
    before = _offset
    _offset = moment - datetime.now(UTC)
    try:
        yield
    finally:
        _offset = before


def advance(duration: timedelta) -> None:
    """Move the clock on by `duration`, until `moved_to` ends."""
    global _offset  # noqa: PLW0603
    _offset += duration
