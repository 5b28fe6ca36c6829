"""A batch cut into windows: what is attempted together, and rendered a few at a time as the provider asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row

from loumass.core.storage import FileGone, StorageUnavailable
from loumass.messages import rendering
from loumass.messages.delivering_outcomes import Pair
from loumass.messages.outbox_lease import Allowance, Lease
from loumass.providers.base import OutgoingMessage, Provider
from loumass.providers.errors import Outcome, Rejected, Unavailable, Unknown

#: How many messages at most are attempted together.
WINDOW, FIRST_WINDOW = 50, 5
#: How many a crash can leave in doubt: a window that is being written down, one that goes, and one that is next.
IN_DOUBT = 3 * WINDOW
#: So many are rendered one behind the other: what each does for itself, alone between two answers of a server, takes
#: twice as long.
TOGETHER = 25
#: A server that takes its time gets fewer at once: what is in doubt after a crash is a moment's sending.
WINDOW_SECONDS = 0.1
log = structlog.get_logger("deliver")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one slice may send, and what it is rendered from."""

    lease: Lease
    allowed: Allowance
    rows: Sequence[Row[Any]]
    around: rendering.Surroundings


class Pace:
    """How many go at once: few at first, single after failures, since a silent server must cost one timeout and not fifty."""

    def __init__(self, lease: Lease) -> None:
        self.is_careful = lease.channel.failures_in_a_row > 0
        self.size = 1 if self.is_careful else FIRST_WINDOW

    def learn(self, count: int, seconds: float) -> None:
        """So many went in so many seconds: the next window is as large as this server deserves."""
        each = seconds / max(count, 1)
        self.size = max(1, min(WINDOW, self.size * 4, int(WINDOW_SECONDS / max(each, 0.001))))


class Windows:
    """The rows of a batch, some at a time."""

    def __init__(self, batch: Batch, pace: Pace) -> None:
        self.batch, self._pace, self._at = batch, pace, 0

    @property
    def is_over(self) -> bool:
        """Whether all were taken."""
        return self._at >= len(self.batch.rows)

    def take(self) -> Sequence[Row[Any]]:
        """The next ones."""
        window = self.batch.rows[self._at : self._at + self._pace.size]
        self._at += len(window)
        return window


class Letters:
    """What was attempted at `moment`, rendered when the provider asks for it, a few at a time.

    `subjects` are those of what was rendered, by message.
    """

    def __init__(self, rows: Sequence[Row[Any]], around: rendering.Surroundings, moment: datetime) -> None:
        self.rows = rows
        self.subjects: dict[UUID, str] = {}
        self._around, self._moment = around, moment
        self._open = {row.id: row for row in rows}
        self._unwritable: list[Pair] = []

    @property
    def ids(self) -> list[UUID]:
        """All of them."""
        return [row.id for row in self.rows]

    def handed_to(self, provider: Provider) -> Iterator[Pair]:
        """Every outcome. What cannot be written fails alone, with its reason, or waits for its files; what a broken
        provider leaves open is unknown, and never sent again blindly."""
        try:
            for message_id, outcome in provider.deliver(self._rendered()):
                yield self._open.pop(message_id), outcome
                yield from self._take_unwritable()
        except Exception as problem:  # a provider must not raise; when it does, nobody knows what was sent
            log.exception("deliver.provider_broke", provider=provider.kind)
            reason = f"{provider.label} stopped in the middle ({type(problem).__name__})."
            yield from ((row, Unknown(reason)) for row in self._open.values())
        yield from self._take_unwritable()

    def _rendered(self) -> Iterator[OutgoingMessage]:
        rows = tuple(self._open.values())
        for at in range(0, len(rows), TOGETHER):
            yield from [one for row in rows[at : at + TOGETHER] if (one := self._written(row))]

    def _written(self, row: Row[Any]) -> OutgoingMessage | None:
        try:
            one = rendering.rendered(row, self._around, self._moment)
        except Exception as problem:  # one bad row must not hold up the others, whatever is wrong with it
            self._unwritable.append((self._open.pop(row.id), _unwritable(row, problem)))
            return None
        self.subjects[row.id] = one.subject
        return one.message

    def _take_unwritable(self) -> list[Pair]:
        taken, self._unwritable = self._unwritable, []
        return taken


def _unwritable(row: Row[Any], problem: Exception) -> Outcome:
    if isinstance(problem, StorageUnavailable) and not isinstance(problem, FileGone):
        return Unavailable(str(problem), is_about_recipient=True)
    log.warning("deliver.unrenderable", message=str(row.id), problem=type(problem).__name__, exc_info=problem)
    return Rejected(f"The message could not be written: {problem}", "unrenderable")
