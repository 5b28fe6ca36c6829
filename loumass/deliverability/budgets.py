"""How much may come back before we send less: the error budgets, and how they read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Budget:
    """`limit` is a share of what was sent. Fewer than `least` say nothing: one of three is no trend."""

    kind: str
    limit: float
    least: int
    words: str


#: Gmail asks for complaints under 0.3% (facts of bulk mail); bounces and refusals are what services suspend for.
BOUNCES = Budget("bounced", 0.05, 5, "bounced")
BUDGETS = (
    BOUNCES,
    Budget("complained", 0.003, 3, "were called spam"),
    Budget("rejected", 0.10, 10, "were refused"),
)
#: Past so many times its budget a channel does not slow down, it stops.
STOPS_AT = 2.0
#: The rest between two messages of a channel that is slowed: it doubles with each look that finds it still past.
FIRST_GAP, MOST_GAP = 30, 480
#: A recipients' domain is left alone for so long, then what came back before is forgiven.
COOL_DOWN = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Overrun:
    """What went past its budget: `count` of `total`."""

    budget: Budget
    count: int
    total: int

    @property
    def share(self) -> float:
        """The part of what was sent."""
        return self.count / max(self.total, 1)

    @property
    def times(self) -> float:
        """How many times the budget that is."""
        return self.share / self.budget.limit

    @property
    def sentence(self) -> str:
        """ "7 of 120 messages since yesterday bounced (5.8%); the limit is 5%."."""
        return (
            f"{self.count:,} of {self.total:,} messages since yesterday {self.budget.words} "
            f"({percent(self.share)}); the limit is {percent(self.budget.limit)}."
        )

    @property
    def facts(self) -> dict[str, object]:
        """The figures, for the event."""
        return {
            "kind": self.budget.kind,
            "count": self.count,
            "total": self.total,
            "limit": self.budget.limit,
        }


def overrun(total: int, troubles: Mapping[str, int]) -> Overrun | None:
    """What is past its budget, the worst of them; None when all is well. `troubles` is by kind."""
    past = [
        Overrun(budget, troubles[budget.kind], max(total, troubles[budget.kind]))
        for budget in BUDGETS
        if troubles.get(budget.kind, 0) >= budget.least
    ]
    return max((one for one in past if one.times > 1), key=lambda one: one.times, default=None)


def next_gap(seconds: int) -> int:
    """How long a channel rests between two messages after one more look that found it past its budget."""
    return min(max(seconds * 2, FIRST_GAP), MOST_GAP)


def percent(share: float) -> str:
    """A share in words: `5.8%`."""
    per_hundred = round(100 * share, 1)
    return f"{per_hundred:.0f}%" if per_hundred >= 10 or per_hundred.is_integer() else f"{per_hundred:.1f}%"
