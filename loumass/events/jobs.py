"""Listeners are told: one transaction per batch; what fails is told alone and later again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import structlog
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.arrays import joined_arrays
from loumass.core.database import db, engine
from loumass.core.jobs import job, wake_all
from loumass.core.plans import PLANNED_FOR_MANY
from loumass.core.tenancy import current_organization_id, transaction
from loumass.events.models import Event
from loumass.events.service import heard_by, listener_called

BATCH = 2_000
ATTEMPTS = 8
log = structlog.get_logger("events")

# What exceeds the batch stays locked until the commit and is claimed by the next slice.
_CLAIM = text("""
    WITH waiting AS MATERIALIZED (
        SELECT id, event_ids, happened_from, happened_until FROM notice
        WHERE organization_id = :organization_id AND listener = :listener AND due_at <= :now
          AND (CAST(:only AS uuid) IS NULL OR id = :only)
        ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    )
    SELECT id, CAST(event_ids AS text) AS event_ids, happened_from, happened_until FROM (
        SELECT waiting.*, sum(cardinality(event_ids)) OVER (ORDER BY id) - cardinality(event_ids) AS before FROM waiting
    ) counted WHERE before < :most ORDER BY id
""")
_EVENTS = """
    SELECT {columns} FROM event
    JOIN unnest(CAST(:ids AS uuid[])) AS wanted(id) ON event.id = wanted.id
    WHERE event.organization_id = :organization_id
      AND event.happened_at BETWEEN CAST(:happened_from AS timestamptz) AND CAST(:happened_until AS timestamptz)
    ORDER BY event.id
"""
_TOLD = text("DELETE FROM notice WHERE organization_id = :organization_id AND id = ANY(:ids)")
# Told one by one, a notice of many events must not fail for one of them.
_SPLIT = text("""
    WITH whole AS (
        DELETE FROM notice WHERE organization_id = :organization_id AND id = ANY(:ids) AND cardinality(event_ids) > 1
        RETURNING id, listener, event_ids, happened_from, happened_until, due_at
    )
    INSERT INTO notice (organization_id, listener, event_ids, happened_from, happened_until, due_at)
    SELECT :organization_id, listener, ARRAY[one], happened_from, happened_until, due_at
    FROM whole CROSS JOIN unnest(event_ids) WITH ORDINALITY AS each(one, nth) ORDER BY whole.id, nth
    RETURNING id
""")
_FAILED = text("""
    UPDATE notice SET attempts = attempts + 1, problem = :problem,
        due_at = CASE WHEN attempts + 1 >= :most THEN NULL ELSE CAST(:now AS timestamptz) + :pause * power(2, attempts) END
    WHERE organization_id = :organization_id AND id = :id
    RETURNING due_at
""")
_PREPARE = text("""
    SELECT prepare_event_month(CAST(date_trunc('month', CAST(:today AS date)) + n * interval '1 month' AS date))
    FROM generate_series(0, 3) AS n
""")
_NEXT = text("""
    SELECT listener, min(due_at) AS due_at FROM notice
    WHERE organization_id = :organization_id AND due_at IS NOT NULL GROUP BY listener
""")


# Not on the queue that waits for mail servers: one that hangs must not hold up what campaigns hear.
@job("advance")
def tell(listener: str) -> bool:
    """Tell one listener of a batch of events; True when more wait."""
    try:
        with transaction() as session:
            return _tell_batch(session, listener) >= BATCH
    except Exception:  # a listener of any slice may fail in any way: find the one event that does it
        log.exception("events.batch_failed", listener=listener)
    with transaction() as session:
        _split(session, _claim(session, listener))
        waiting = [row.id for row in _claim(session, listener)]
    for notice_id in waiting:
        _tell_alone(listener, notice_id)
    return len(waiting) >= BATCH


def prepare_months() -> None:
    """Make the partitions of this month and the next three, as the owner, for the whole installation."""
    with engine().begin() as connection:
        connection.execute(_PREPARE, {"today": clock.now().date()})


def sweep() -> list[Wake]:
    """Listeners that still have something to hear, for the agenda."""
    rows = db().execute(_NEXT, {"organization_id": current_organization_id()})
    return [tell.wake(row.due_at, row.listener) for row in rows]


def _tell_batch(session: Session, listener: str, only: UUID | None = None) -> int:
    session.execute(PLANNED_FOR_MANY)
    claimed = _claim(session, listener, only)
    events: Sequence[Event] = []
    if claimed:
        told = listener_called(listener)
        events = _events(session, claimed, heard_by(told))
        told(events)
        session.flush()
        session.execute(
            _TOLD, {"organization_id": current_organization_id(), "ids": [row.id for row in claimed]}
        )
    return len(events)


def _split(session: Session, claimed: Sequence[Row[Any]]) -> None:
    ids = [row.id for row in claimed]
    session.execute(_SPLIT, {"organization_id": current_organization_id(), "ids": ids})


def _claim(session: Session, listener: str, only: UUID | None = None) -> Sequence[Row[Any]]:
    return session.execute(
        _CLAIM,
        {
            "organization_id": current_organization_id(),
            "listener": listener,
            "now": clock.now(),
            "only": only,
            "most": BATCH,
        },
    ).all()


def _events(session: Session, claimed: Sequence[Row[Any]], columns: Sequence[str]) -> Sequence[Event]:
    """Plain rows, with the names of `Event`: facts never change, and objects of them would cost more than the news."""
    rows = session.execute(
        text(_EVENTS.format(columns=", ".join(f"event.{name}" for name in columns))),
        {
            "organization_id": current_organization_id(),
            "ids": joined_arrays(row.event_ids for row in claimed),
            "happened_from": min(row.happened_from for row in claimed),
            "happened_until": max(row.happened_until for row in claimed),
        },
    )
    return cast("Sequence[Event]", rows.all())


def _tell_alone(listener: str, notice_id: UUID) -> None:
    try:
        with transaction() as session:
            _tell_batch(session, listener, notice_id)
    except Exception as problem:  # the reason is kept on the row and shown
        log.exception("events.listener_failed", listener=listener)
        with transaction() as session:
            due_at = session.scalar(
                _FAILED,
                {
                    "organization_id": current_organization_id(),
                    "id": notice_id,
                    "problem": f"{type(problem).__name__}: {problem}"[:500],
                    "now": clock.now(),
                    "most": ATTEMPTS,
                    "pause": timedelta(seconds=5),
                },
            )
            if due_at:
                wake_all([tell.wake(due_at, listener)])
