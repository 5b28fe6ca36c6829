"""A simulation from beginning to end: at once where it is small, else as a job that tells how far it is."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import func, select

from loumass.campaigns.models import Enrollment
from loumass.campaigns.simulating import kept
from loumass.campaigns.simulating.reading import Ready, read
from loumass.campaigns.simulating.reports import report_of
from loumass.campaigns.simulating.subjects import Subject
from loumass.campaigns.simulating.wishes import Wish
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Problem
from loumass.core.ids import uuid7
from loumass.core.jobs import wake_all

#: So many people are simulated while somebody waits for the page: less than a second.
SMALL = 2_000
SIMULATE = "campaigns.simulate"
#: How often it is told how far it is, and looked whether it is still wanted.
_TOLD_EVERY = 0.5


class Unwanted(Exception):
    """Somebody cancelled it."""


def begin(wish: Wish, subject: Subject) -> UUID:
    """Simulate: a small one at once, a large one by a job that the commit rings. The id that it is kept under.

    Raises Refused and Unavailable.
    """
    run_id, began = uuid7(), time.monotonic()
    if _size(wish, subject) <= SMALL:
        with db().begin_nested():  # where it may only read, until its end: whoever asked has more to keep
            ready = read(wish)
        ready.simulation.run()
        kept.keep(run_id, wish, "done", report=report_of(ready, time.monotonic() - began))
    else:
        kept.keep(run_id, wish, "waiting")
        wake_all([Wake(SIMULATE, (str(run_id), wish.as_json()), clock.now())], is_urgent=True)
    return run_id


def taken_on(run_id: UUID, wish: Wish) -> Task | None:
    """The work of a job; None where it is over, or somebody else works at it. Raises Unavailable."""
    before = kept.find(run_id, wish.graph_id)
    if before is not None and (before.is_over or before.is_at_work):
        return None
    kept.keep(run_id, wish, "reading")
    return Task(run_id, wish)


class Task:
    """A simulation of many: `read` in a transaction, then `walk` without one. Inside of `with` it is kept what went wrong,
    and told now and then how far it is."""

    def __init__(self, run_id: UUID, wish: Wish) -> None:
        self.run_id, self.wish = run_id, wish
        self._whole = 0
        self._began = self._told = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> bool:
        if isinstance(problem, Unwanted):
            kept.keep(self.run_id, self.wish, "cancelled")
        elif isinstance(problem, Problem):
            kept.keep(self.run_id, self.wish, "failed", problem=problem.sentence)
        return isinstance(problem, Unwanted | Problem)

    def read(self) -> Ready:
        """The people, senders and limits of now. Raises Unwanted."""
        ready = read(self.wish, lambda people: self._tell("reading", done=people))
        self._whole = ready.simulation.people
        return ready

    def walk(self, ready: Ready) -> None:
        """Simulate and keep the report. Raises Unwanted."""
        ready.simulation.tells = self._walked
        ready.simulation.run()
        report = report_of(ready, time.monotonic() - self._began)
        kept.keep(self.run_id, self.wish, "done", report=report)

    def _walked(self, left: int, moment: datetime) -> None:
        self._tell("walking", done=left, whole=self._whole, moment=moment)

    def _tell(self, state: str, **told: object) -> None:
        if time.monotonic() - self._told < _TOLD_EVERY:
            return
        self._told = time.monotonic()
        if kept.is_unwanted(self.run_id):
            raise Unwanted
        kept.keep(self.run_id, self.wish, state, **told)


def _size(wish: Wish, subject: Subject) -> int:
    """About how many people walk; a source counts as large."""
    if subject.campaign is None:
        return wish.sample
    if wish.source:
        return SMALL + 1
    inside = select(func.count()).select_from(Enrollment)
    of = (Enrollment.campaign_id == subject.campaign.id, Enrollment.state != "ended")
    return db().scalar(inside.where(*of)) or 0
