"""What people do with a message: drawn from rates, for each person and message by themselves.

A draw follows from the seed, the person, the step and the visit, and from nothing else: the same seed gives the same
result, whatever order people are walked in, and raising one rate takes nothing back that a lower one gave.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Protocol
from uuid import UUID

#: Half of those who open do so within the first, half of those who reply within the second; nobody after the third.
OPENED_WITHIN, REPLIED_WITHIN, LONGEST = timedelta(hours=3), timedelta(hours=8), timedelta(days=14)
#: From opening to clicking.
CLICKED_WITHIN = timedelta(minutes=2)
_WHOLE = 2.0**32
_DRAWS = struct.Struct("<8I")


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of messages, 0 to 1. Who clicks has opened. Openings, clicks and bounces are of e-mail only."""

    reply: float = 0.0
    open: float = 0.0
    click: float = 0.0
    bounce: float = 0.0

    @property
    def are_none(self) -> bool:
        """Whether nobody does anything: the result is exact."""
        return not (self.reply or self.open or self.click or self.bounce)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one sent message. Times are those of a person; None: never."""

    is_bounced: bool = False
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    replied_at: datetime | None = None


class Chances(Protocol):
    """Who says what people do."""

    def after_sending(
        self, person_id: UUID, node_id: UUID, visit: int, medium: str, at: datetime
    ) -> Fate | None:
        """What becomes of a message that left now; None: nothing."""
        ...

    def share(self, person_id: UUID, node_id: UUID, visit: int) -> float:
        """Between 0 and 1: how much of the random part of a gap follows the message."""
        ...

    def outcome(self, person_id: UUID, node_id: UUID, visit: int) -> float:
        """Between 0 and 1: which share of what only people can tell is theirs."""
        ...


class Seeded:
    """Draws by `rates` and `seed`."""

    def __init__(self, rates: Rates, seed: int) -> None:
        self.rates, self._key = rates, str(seed).encode()[:64]
        # Compared as the whole numbers that are drawn: most messages are not answered, and cost no more than that.
        self._reply, self._open, self._click, self._bounce = (
            int(rate * _WHOLE) for rate in (rates.reply, rates.open, rates.click, rates.bounce)
        )

    def after_sending(
        self, person_id: UUID, node_id: UUID, visit: int, medium: str, at: datetime
    ) -> Fate | None:
        """As `Chances` says."""
        if self.rates.are_none:
            return None
        bounce, read, reply, soon_read, soon_click, soon_reply, _, _ = self._draws(person_id, node_id, visit)
        is_email = medium == "email"
        if is_email and bounce < self._bounce:
            return Fate(is_bounced=True)
        has_clicked = is_email and read < self._click
        has_opened = has_clicked or (is_email and read < self._open)
        has_replied = reply < self._reply
        if not has_opened and not has_replied:
            return None
        opened_at = _within(at, OPENED_WITHIN, soon_read) if has_opened else None
        return Fate(
            opened_at=opened_at,
            clicked_at=_within(opened_at, CLICKED_WITHIN, soon_click) if has_clicked and opened_at else None,
            replied_at=_within(at, REPLIED_WITHIN, soon_reply) if has_replied else None,
        )

    def share(self, person_id: UUID, node_id: UUID, visit: int) -> float:
        """As `Chances` says."""
        return self._draws(person_id, node_id, visit)[6] / _WHOLE

    def outcome(self, person_id: UUID, node_id: UUID, visit: int) -> float:
        """As `Chances` says."""
        return self._draws(person_id, node_id, visit)[7] / _WHOLE

    def _draws(self, person_id: UUID, node_id: UUID, visit: int) -> tuple[int, ...]:
        """Eight whole numbers below 2^32."""
        which = person_id.bytes + node_id.bytes + visit.to_bytes(4, "big")
        return _DRAWS.unpack(blake2b(which, digest_size=32, key=self._key).digest())


def _within(at: datetime, half: timedelta, draw: int) -> datetime:
    """After `at`, by half of all within `half`, and of the rest again: whole minutes, as people are shown them."""
    minutes = -math.log2(1.0 - draw / _WHOLE) * half.total_seconds() / 60
    return at + min(timedelta(minutes=math.ceil(minutes) or 1), LONGEST)
