"""What a channel would send at once after it stood still for long. Messages live on a higher floor and hand this down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.errors import Refused

#: Stood still, and due, for longer than this: people are asked before it goes.
LONG = timedelta(days=1)
CHOICES = {
    "continue": "Send all of them now, within the limits",
    "spread": "Spread them evenly over some hours",
    "drop": "Take them back",
}
MOST_HOURS = 24 * 14


@dataclass(frozen=True, slots=True)
class PastDue:
    """Messages that were due more than a day ago, and since when the first."""

    count: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of them; `hours` matters to `spread`. Raises Refused for a made-up one."""

    what: str
    hours: int = 0

    def __post_init__(self) -> None:
        if self.what not in CHOICES:
            raise Refused("Choose what becomes of the messages that are past due. Nothing was changed.")
        if self.what == "spread" and not 1 <= self.hours <= MOST_HOURS:
            raise Refused(f"Spread them over 1 to {MOST_HOURS} hours. Nothing was changed.")


Counter = Callable[[UUID, datetime], PastDue]
Settler = Callable[[UUID, datetime, Choice], int]
_counter: Counter | None = None
_settler: Settler | None = None


def use(counter: Counter, settler: Settler) -> None:
    """Take both for this process: of a channel's messages that were due before a moment, one counts, one settles."""
    global _counter, _settler
    _counter, _settler = counter, settler


def past_due(channel: Channel) -> PastDue:
    """What waits past due for a channel that stood still for more than a day; nothing for any other.

    Raises RuntimeError before `use`.
    """
    before = clock.now() - LONG
    since = channel.stopped_at or channel.state_changed_at
    if channel.state == "active" or since is None or since > before:
        return PastDue()
    if _counter is None:
        raise RuntimeError("channels.past_due.use(...) was not called")
    return _counter(channel.id, before)


def settle(channel: Channel, choice: Choice) -> int:
    """Do with them as was chosen; how many. Raises RuntimeError before `use`."""
    if _settler is None:
        raise RuntimeError("channels.past_due.use(...) was not called")
    return _settler(channel.id, clock.now() - LONG, choice)
