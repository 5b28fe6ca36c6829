"""What waits for a channel. Messages live on a higher floor and hand their counter down at start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Queue:
    """Messages of one channel that have not gone, and those of which nobody knows."""

    waiting: int = 0
    in_doubt: int = 0


Counter = Callable[[Sequence[UUID]], Mapping[UUID, Queue]]
_counter: Counter | None = None


def use(counter: Counter) -> None:
    """Take `counter` for this process: channel ids to their queues, in one statement."""
    global _counter  # noqa: PLW0603  one process, one counter
    _counter = counter


def queues(channel_ids: Sequence[UUID]) -> dict[UUID, Queue]:
    """The queue of each channel. Raises RuntimeError before `use`."""
    if _counter is None:
        raise RuntimeError("channels.waiting.use(counter) was not called")
    found = _counter(channel_ids) if channel_ids else {}
    return {channel_id: found.get(channel_id, Queue()) for channel_id in channel_ids}
