"""A simulation from beginning to end: at once where it is small, else as a job that tells how far it is."""

from __future__ import annotations

import time
from datetime import datetime
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
from loumass.core.tenancy import transaction
from loumass.funnels.simulating.running import Simulation

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
    run_id = uuid7()
    if _size(wish, subject) <= SMALL:
        _walk_and_keep(run_id, wish, read(wish), time.monotonic())
    else:
        kept.keep(run_id, wish, "waiting")
        wake_all([Wake(SIMULATE, (str(run_id), wish.as_json()), clock.now())], is_urgent=True)
    return run_id


def carry_out(run_id: UUID, wish: Wish) -> None:
    """What the job does. Rung twice, or after it is over, it does nothing more; what went wrong is kept as well."""
    before = kept.find(run_id, wish.graph_id)
    if before is not None and (before.is_over or before.is_at_work):
        return
    watch = _Watch(run_id, wish)
    kept.keep(run_id, wish, "reading")
    try:
        with transaction():
            ready = read(wish, watch.read)
        watch.whole = ready.simulation.people
        _walk_and_keep(run_id, wish, ready, watch.began, watch)
    except Unwanted:
        kept.keep(run_id, wish, "cancelled")
    except Problem as problem:
        kept.keep(run_id, wish, "failed", problem=problem.sentence)


def _size(wish: Wish, subject: Subject) -> int:
    """About how many people walk; a source counts as large."""
    if subject.campaign is None:
        return wish.sample
    if wish.source:
        return SMALL + 1
    inside = select(func.count()).select_from(Enrollment)
    return (
        db().scalar(inside.where(Enrollment.campaign_id == subject.campaign.id, Enrollment.state != "ended"))
        or 0
    )


def _walk_and_keep(run_id: UUID, wish: Wish, ready: Ready, began: float, watch: _Watch | None = None) -> None:
    simulation: Simulation = ready.simulation
    if watch is not None:
        simulation.tells = watch.walked
    simulation.run()
    kept.keep(run_id, wish, "done", report=report_of(ready, time.monotonic() - began))


class _Watch:
    """Tells now and then how far it is. Raises Unwanted once somebody has cancelled it."""

    def __init__(self, run_id: UUID, wish: Wish) -> None:
        self.run_id, self.wish, self.whole = run_id, wish, 0
        self.began = self._told = time.monotonic()

    def read(self, people: int) -> None:
        """So many people were read."""
        self._tell("reading", done=people)

    def walked(self, left: int, moment: datetime) -> None:
        """So many have left, and virtual time stands here."""
        self._tell("walking", done=left, whole=self.whole, moment=moment)

    def _tell(self, state: str, **told: object) -> None:
        if time.monotonic() - self._told < _TOLD_EVERY:
            return
        self._told = time.monotonic()
        if kept.is_unwanted(self.run_id):
            raise Unwanted
        kept.keep(self.run_id, self.wish, state, **told)
