"""Who of several senders writes to whom: the one that would be done soonest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from uuid import UUID

#: A sender without any limit is taken for one of so many a day.
UNLIMITED_A_DAY = 100_000


@dataclass(frozen=True, slots=True)
class Sender:
    """One of a pool: how many messages a day it may send as well as it does, and how many it has used or has waiting."""

    channel_id: UUID
    rate: float
    load: int


def spread(senders: Sequence[Sender], count: int) -> list[UUID]:
    """Who writes to each of `count` people: always the one that would be done soonest. Pure.

    A sender that may send nothing gets nobody, unless none may send anything: then the first waits with all of them.
    """
    able = [one for one in senders if one.rate > 0]
    if not able:
        return [senders[0].channel_id] * count if senders else []
    # Whose day ends soonest with one more; the place in the pool decides between equals.
    turns = [((one.load + 1) / one.rate, place, one.load + 1) for place, one in enumerate(able)]
    heapify(turns)
    chosen: list[UUID] = []
    for _ in range(count):
        _, place, load = turns[0]
        chosen.append(able[place].channel_id)
        heapreplace(turns, ((load + 1) / able[place].rate, place, load + 1))
    return chosen


def a_day(cap: int | None, per_minute: int | None, gap: int) -> int:
    """How many messages a day a channel with these limits sends at most."""
    limits = (cap, within(24 * 60, per_minute, gap))
    return min((one for one in limits if one is not None), default=UNLIMITED_A_DAY)


def within(minutes: int, per_minute: int | None, gap: int) -> int | None:
    """How many messages so many minutes take at this rate, or with so many seconds between two; None without either."""
    limits = (per_minute and per_minute * minutes, minutes * 60 // gap if gap else None)
    return min((one for one in limits if one is not None), default=None)
