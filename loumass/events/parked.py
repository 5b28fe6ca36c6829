"""News that a listener could not take in: told again and again, then parked until a person looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from loumass.core import clock
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.events.jobs import tell
from loumass.events.models import Notice


@dataclass(frozen=True, slots=True)
class Parked:
    """News of one listener that failed for one reason. `since` is when the oldest of it happened."""

    listener: str
    problem: str
    count: int
    since: datetime


def parked() -> Sequence[Parked]:
    """What is parked in the current organization, the oldest first."""
    rows = db().execute(
        select(Notice.listener, Notice.problem, func.count(), func.min(Notice.happened_from))
        .where(Notice.due_at.is_(None))
        .group_by(Notice.listener, Notice.problem)
        .order_by(func.min(Notice.happened_from), Notice.listener)
    )
    return [Parked(listener, problem or "", count, since) for listener, problem, count, since in rows]


def tell_again() -> int:
    """Tell all that is parked again, after the commit; how many pieces of news."""
    now = clock.now()
    again = update(Notice).where(Notice.due_at.is_(None)).values(due_at=now, attempts=0)
    listeners = list(db().scalars(again.returning(Notice.listener)))
    wake_all([tell.wake(now, listener) for listener in sorted(set(listeners))])
    return len(listeners)
