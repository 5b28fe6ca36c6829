"""What is due when, so that the ticker reads a few rows and never the due rows themselves.

A row names a job, its arguments and the moment it should run. `wake` moves it earlier in the
transaction that makes work due; a running job hides it while it looks (`begin`) and removes it
when nothing woke it meanwhile (`finish`). A crash in between only delays: the row shows up again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column

from loumass.core import clock
from loumass.core.database import Base, db
from loumass.core.tenancy import current_organization_id

VISIBILITY = timedelta(seconds=60)


class Agenda(Base):
    """One thing that an organization has to do, and when."""

    __tablename__ = "agenda"

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(primary_key=True)
    arguments: Mapped[str] = mapped_column(primary_key=True)
    #: What the ticker reads.
    next_due_at: Mapped[datetime]
    #: The earliest wish since a running job hid the row: where it goes when that job is done.
    asked_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Wake:
    """`job` with `arguments` (JSON-able) should run at `at`."""

    job: str
    arguments: tuple[Any, ...]
    at: datetime

    @property
    def key(self) -> str:
        """The arguments as the agenda and the bell spell them."""
        return arguments_key(self.arguments)


def arguments_key(arguments: Sequence[Any]) -> str:
    """Canonical JSON of job arguments; UUIDs become strings."""
    return json.dumps(list(arguments), default=str, separators=(",", ":"))


def wake_all(wakes: Iterable[Wake]) -> None:
    """Put `wakes` on the current organization's agenda in one statement, never later than it was."""
    earliest: dict[tuple[str, str], datetime] = {}
    for wake in wakes:
        slot = (wake.job, wake.key)
        earliest[slot] = min(wake.at, earliest.get(slot, wake.at))
    if not earliest:
        return
    # Sorted, so that two transactions take the row locks in one order.
    slots = sorted(earliest)
    db().execute(
        text(
            "INSERT INTO agenda (organization_id, job, arguments, next_due_at, asked_at) "
            "SELECT :organization_id, job, arguments, at, at "
            "FROM unnest(CAST(:jobs AS text[]), CAST(:arguments AS text[]), CAST(:ats AS timestamptz[])) AS due(job, arguments, at) "
            "ON CONFLICT (organization_id, job, arguments) "
            "DO UPDATE SET next_due_at = least(agenda.next_due_at, excluded.next_due_at), "
            "asked_at = least(agenda.asked_at, excluded.asked_at)"
        ),
        {
            "organization_id": current_organization_id(),
            "jobs": [job for job, _ in slots],
            "arguments": [arguments for _, arguments in slots],
            "ats": [earliest[slot] for slot in slots],
        },
    )


def begin(session: Session, job: str, key: str) -> datetime:
    """Hide the row while the job looks; returns the moment that `finish` compares with."""
    hidden_until = clock.now() + VISIBILITY
    session.execute(
        text(
            "UPDATE agenda SET next_due_at = :hidden_until, asked_at = NULL "
            "WHERE organization_id = :organization_id AND job = :job AND arguments = :key AND next_due_at <= :hidden_until"
        ),
        {"organization_id": current_organization_id(), "job": job, "key": key, "hidden_until": hidden_until},
    )
    return hidden_until


def finish(session: Session, job: str, key: str, hidden_until: datetime) -> None:
    """Put the row where it was asked to since `begin`; remove it when nobody asked."""
    row = {
        "organization_id": current_organization_id(), "job": job, "key": key, "hidden_until": hidden_until,
    }  # fmt: skip
    which = "WHERE organization_id = :organization_id AND job = :job AND arguments = :key AND next_due_at = :hidden_until"
    session.execute(text(f"UPDATE agenda SET next_due_at = asked_at {which} AND asked_at IS NOT NULL"), row)
    session.execute(text(f"DELETE FROM agenda {which} AND asked_at IS NULL"), row)
