"""A batch cut into windows: what is attempted together, rendered one ahead of what is handed over."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row

from loumass.core import clock
from loumass.core.storage import FileGone, StorageUnavailable
from loumass.messages import rendering
from loumass.messages.delivering_outcomes import Pair
from loumass.messages.outbox_lease import Allowance, Lease
from loumass.messages.rendering import Rendered
from loumass.providers.errors import Outcome, Rejected, Unavailable

#: How many messages at most are attempted together: what a crash can leave in doubt.
WINDOW, FIRST_WINDOW = 100, 5
#: A server that takes its time gets fewer at once.
WINDOW_SECONDS = 1.0
log = structlog.get_logger("deliver")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one slice may send, and what it is rendered from."""

    lease: Lease
    allowed: Allowance
    rows: Sequence[Row[Any]]
    around: rendering.Surroundings


@dataclass(frozen=True, slots=True)
class Window:
    """A few messages, rendered at `moment`. What could not be rendered is `poisoned`, with its reason."""

    rows: Sequence[Row[Any]]
    moment: datetime
    ready: Sequence[Rendered]
    poisoned: Sequence[Pair]


def windows(batch: Batch, beside: Executor) -> Iterator[Window]:
    """Small at first, single after failures: a silent server must cost one timeout, not fifty.

    While one is handed over, the next is rendered `beside`.
    """
    at, size = 0, 1 if batch.lease.channel.failures_in_a_row else FIRST_WINDOW
    coming = beside.submit(_rendered, batch.rows[:size], batch.around)
    while at < len(batch.rows):
        window = coming.result()
        at += len(window.rows)
        coming = beside.submit(_rendered, batch.rows[at : at + size], batch.around)
        started = time.monotonic()
        yield window
        each = (time.monotonic() - started) / len(window.rows)
        size = max(1, min(WINDOW, size * 4, int(WINDOW_SECONDS / max(each, 0.001))))


def _rendered(rows: Sequence[Row[Any]], around: rendering.Surroundings) -> Window:
    """The messages to hand over, and those that cannot be written: each fails alone, with its reason, or waits for its
    files."""
    moment = clock.now()
    ready: list[Rendered] = []
    poisoned: list[Pair] = []
    for row in rows:
        try:
            ready.append(rendering.rendered(row, around, moment))
        except Exception as problem:  # one bad row must not hold up the others, whatever is wrong with it
            poisoned.append((row, _unwritable(row, problem)))
    return Window(rows, moment, ready, poisoned)


def _unwritable(row: Row[Any], problem: Exception) -> Outcome:
    if isinstance(problem, StorageUnavailable) and not isinstance(problem, FileGone):
        return Unavailable(str(problem), is_about_recipient=True)
    log.warning("deliver.unrenderable", message=str(row.id), problem=type(problem).__name__, exc_info=problem)
    return Rejected(f"The message could not be written: {problem}", "unrenderable")
