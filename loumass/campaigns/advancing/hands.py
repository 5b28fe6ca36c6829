"""Two slices of a campaign at a time: while PostgreSQL writes one down, the next is claimed and decided on.

A slice is two thirds PostgreSQL's work and one third Python's; one after the other, each waits for the other. Whoever is
claimed by one hand is skipped by the other (`SKIP LOCKED`), as by another worker.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Generic, TypeVar

Done = TypeVar("Done")

#: Called by a slice that found more people than it takes.
Call = Callable[[], None]


class Hands(Generic[Done]):
    """Runs `work` here, and once more beside it if it calls for help. Each run opens a transaction of its own."""

    def __init__(self) -> None:
        self._second = ThreadPoolExecutor(1, "advance")

    def both(self, work: Callable[[Call], Done]) -> list[Done]:
        """What the runs returned, one or two. Raises what the first raised, else what the second did; both have ended."""
        called: list[Future[Done]] = []
        # Before a session is open: the other hand needs one of its own.
        context = copy_context()

        def call() -> None:
            if not called:
                called.append(self._second.submit(context.run, work, _nobody))

        try:
            done = [work(call)]
        finally:
            for other in called:
                other.exception()
        return done + [other.result() for other in called]


def _nobody() -> None:
    """The second hand has no other."""
