"""The clock process: four times a second it rings what the agenda says is due, once a second what is done at regular times.

Any number may run; one holds the advisory lock and works, the others wait for it.
"""

from __future__ import annotations

import signal
import threading
import time
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from loumass.core import clock, jobs, schema
from loumass.core.database import engine
from loumass.schedule import INSTALLATION, PERIODIC

LOCK = "loumass clock"
MOST = 5_000
#: How often the agenda is looked at: half of it is what everything that is due waits. Where much is due workers are behind, and
#: ringing again helps nobody.
LOOKS_SECONDS, PULSE_SECONDS, MUCH = 0.25, 1.0, 50
log = structlog.get_logger("clock")
_stop = threading.Event()

_DUE = text("SELECT * FROM due_agenda(:now, :most)")
_DUE_PERIODIC = text("""
    INSERT INTO periodic_run (name, last_at) VALUES (:name, :now)
    ON CONFLICT (name) DO UPDATE SET last_at = excluded.last_at
    WHERE periodic_run.last_at <= CAST(:before AS timestamptz)
    RETURNING name
""")
_PULSE = text(
    "INSERT INTO periodic_run (name, last_at) VALUES ('tick', :now) ON CONFLICT (name) DO UPDATE SET last_at = excluded.last_at"
)


def run_forever() -> None:
    """Tick until SIGTERM or SIGINT. A database that goes away is waited for, and so is one that nobody migrated yet."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop.set())
    while not _stop.is_set():
        try:
            if lacking := schema.lacks():
                log.warning("clock.old_schema", problem=lacking)
                _stop.wait(2)
                continue
            with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                _tick_while_locked(connection)
        except DBAPIError as problem:
            log.warning("clock.database_away", problem=str(problem).splitlines()[0])
            _stop.wait(2)


def _tick_while_locked(connection: Connection) -> None:
    while not _stop.is_set():
        if connection.scalar(text("SELECT pg_try_advisory_lock(hashtext(:name))"), {"name": LOCK}):
            break
        _stop.wait(1)
    pulse_at = float("-inf")
    while not _stop.is_set():
        if time.monotonic() >= pulse_at + PULSE_SECONDS:
            pulse_at = time.monotonic()
            rung = tick(connection)
        else:
            rung = ring_due(connection, clock.now())
        _stop.wait(LOOKS_SECONDS if rung < MUCH else PULSE_SECONDS)
    connection.execute(text("SELECT pg_advisory_unlock(hashtext(:name))"), {"name": LOCK})


def tick(connection: Connection) -> int:
    """One pulse; returns how many bells were rung."""
    now = clock.now()
    rung = ring_due(connection, now) + _ring_periodic(connection, now)
    connection.execute(_PULSE, {"now": now})
    return rung


def ring_due(connection: Connection, now: datetime) -> int:
    """Ring what is due; returns how many bells."""
    due = connection.execute(_DUE, {"now": now, "most": MOST}).all()
    for row in due:
        jobs.ring(jobs.Ring(row.job, row.organization_id, row.arguments))
    return len(due)


def _ring_periodic(connection: Connection, now: datetime) -> int:
    rung = 0
    for periodic in PERIODIC:
        if _is_due(connection, periodic.job.name, now, now - periodic.every):
            for organization_id in _organizations(connection):
                jobs.ring(jobs.Ring(periodic.job.name, organization_id, "[]"))
                rung += 1
    for name, function, every in INSTALLATION:
        if _is_due(connection, name, now, now - every):
            function()
    return rung


def _is_due(connection: Connection, name: str, now: datetime, before: datetime) -> bool:
    return connection.scalar(_DUE_PERIODIC, {"name": name, "now": now, "before": before}) is not None


def _organizations(connection: Connection) -> list[UUID]:
    return list(connection.scalars(text("SELECT id FROM organization ORDER BY id")))
