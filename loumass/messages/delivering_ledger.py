"""What became of messages and is not written down yet: beside the next window where all went well, else before it."""

from __future__ import annotations

from datetime import date
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import Row

from loumass.core import live, metrics
from loumass.core.beside import Beside
from loumass.core.plans import PLANNED_ONCE, WITHOUT_THE_DISK
from loumass.core.tenancy import current_organization_id, transaction
from loumass.messages import delivering_outcomes
from loumass.messages.delivering_outcomes import Pair
from loumass.messages.outbox_lease import Lease
from loumass.messages.recording import sent_down
from loumass.providers.errors import Outcome, Sent

log = structlog.get_logger("deliver")


class Ledger:
    """Outcomes on their way into the database: `with Ledger(...) as ledger`.

    What is not plainly sent may put the channel to rest: it is written down before anything else is attempted.
    """

    def __init__(self, lease: Lease, day: date, *, shares_throttle: bool) -> None:
        self._subjects: dict[UUID, str] = {}
        #: The channel's day that sendings are counted into.
        self.day = day
        self._lease, self._shares_throttle = lease, shares_throttle
        self._unwritten: list[Pair] = []
        self._on_its_way: list[Pair] = []
        self._beside = Beside(current_organization_id())

    def __enter__(self) -> Self:
        self._beside.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beside.__exit__(kind, problem, trace)

    @property
    def open_ids(self) -> list[UUID]:
        """The messages whose outcome is known and not surely written down."""
        return [row.id for row, _ in (*self._on_its_way, *self._unwritten)]

    def note(self, row: Row[Any], outcome: Outcome, subject: str = "") -> None:
        """Take what became of a message that was read with `subject`; it is to be written down."""
        self._unwritten.append((row, outcome))
        if subject:
            self._subjects[row.id] = subject

    def write(self, *, is_ours: bool) -> None:
        """Write down what is noted, in the transaction that is open; `land` before it begins."""
        pairs, self._unwritten = self._unwritten, []
        live.announce("inbox")
        delivering_outcomes.record(
            self._lease.channel,
            self._lease.token,
            pairs,
            subjects=self._subjects,
            shares_throttle=self._shares_throttle,
            day=self.day,
            is_ours=is_ours,
        )

    def write_alone(self, *, is_ours: bool) -> None:
        """The same in a transaction of its own."""
        self.land()
        if self._unwritten:
            with transaction() as session:
                # The next attempt's commit waits for the disk and takes this one along. What a power failure takes
                # back before that is in doubt, like everything that a crash leaves between attempt and outcome.
                session.execute(WITHOUT_THE_DISK)
                self.write(is_ours=is_ours)

    def write_beside(self) -> None:
        """Write down what is noted: if all of it was sent, while the next window goes."""
        self.land()
        channel = self._lease.channel
        is_usual = all(isinstance(outcome, Sent) for _, outcome in self._unwritten)
        if not is_usual or channel.failures_in_a_row:
            self.write_alone(is_ours=True)
        if not self._unwritten:
            return
        told = delivering_outcomes.told_of(self._unwritten, self._subjects)
        self._on_its_way, self._unwritten = self._unwritten, []
        try:
            self._beside.send(
                (WITHOUT_THE_DISK, {}),
                (PLANNED_ONCE, {}),
                sent_down(told, self._lease.token, channel.id, self.day),
            )
        except psycopg.Error as problem:
            self._take_back(problem)

    def land(self) -> None:
        """Wait for what is written beside. What failed is to be written down again: the second time changes nothing."""
        try:
            self._beside.land()
        except psycopg.Error as problem:
            self._take_back(problem)
        metrics.SENDS.labels(
            self._lease.channel.medium, self._lease.channel.provider, Sent.__name__.lower()
        ).inc(len(self._on_its_way))
        for row, _ in self._on_its_way:
            self._subjects.pop(row.id, None)
        self._on_its_way = []

    def _take_back(self, problem: psycopg.Error) -> None:
        log.warning("deliver.written_again", problem=type(problem).__name__, sqlstate=problem.sqlstate)
        self._unwritten, self._on_its_way = [*self._on_its_way, *self._unwritten], []
