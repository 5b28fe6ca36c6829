"""Waiting for what another thread or process does: a condition with a generous bound, never a guess."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import text

from loumass.core.database import engine

MOST_SECONDS = 90.0


def until(what: Callable[[], object], why: str, seconds: float = MOST_SECONDS) -> None:
    """Wait until `what` is true; fails with `why` after `seconds`."""
    ends_at = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends_at, f"waited in vain: {why}"
        time.sleep(0.05)


def until_somebody_waits() -> None:
    """Wait until a connection to this database waits for what another has locked."""
    waiting = text("""
        SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database()
    """)

    def is_waiting() -> bool:
        with engine().connect() as connection:
            return bool(connection.scalar(waiting))

    until(is_waiting, "nobody waits for a lock", 30)
