"""Two connections in turns: while one server answers, the other gets its letter, and nobody waits.

The second is a spare: it comes once the first has proven itself, and goes without harm where the server wants only one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from loumass.providers.base import OutgoingMessage
from loumass.providers.smtp.transmission import Result, Transmission

#: So many letters must have gone over the first connection: a few are not worth another login.
PROVEN = 20


class Source:
    """Messages one by one, for all who take from it; one that was not tried can be put back. It knows their order."""

    def __init__(self, messages: Iterable[OutgoingMessage]) -> None:
        self._messages = iter(messages)
        self._put_back: list[OutgoingMessage] = []
        self._taken: deque[UUID] = deque()
        self._results: dict[UUID, Result] = {}

    def __iter__(self) -> Iterator[OutgoingMessage]:
        return self

    def __next__(self) -> OutgoingMessage:
        if self._put_back:
            return self._put_back.pop()
        message = next(self._messages)
        self._taken.append(message.id)
        return message

    def put_back(self, message: OutgoingMessage) -> None:
        """It is the next one again."""
        self._put_back.append(message)

    def in_order(self, result: Result) -> Iterator[Result]:
        """What can be told now that `result` is known: each in its turn."""
        self._results[result[0]] = result
        while self._taken and self._taken[0] in self._results:
            yield self._results.pop(self._taken.popleft())


def in_turns(
    first: Transmission, spare: Callable[[Source], Transmission | None], messages: Iterable[OutgoingMessage]
) -> Iterator[Result]:
    """The outcome of every message, in order. `spare` opens the second, or cannot: then it is None."""
    source = Source(messages)
    running, is_alone = [first.run(source)], True
    try:
        while running:
            for line in tuple(running):
                for step in line:
                    if step is None:
                        break
                    yield from source.in_order(step)
                else:
                    running.remove(line)
            if is_alone and running and first.is_proven(PROVEN):
                is_alone = False
                if (second := spare(source)) is not None:
                    running.append(second.run(source))
    finally:
        for line in running:
            line.close()
