"""How sure one may be which of several variants is the best, from how many people were shown each and how many answered.

Beta posteriors with Jeffreys' prior (one half each), the usual choice for proportions (Brown, Cai and DasGupta, "Interval
Estimation for a Binomial Proportion", 2001). Integrals are sums over a fine grid: exact to about three digits, which is
more than people need, and the same on every machine.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, lgamma, log, prod

_CELLS = 10_000
_PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class Tried:
    """One variant: how many people were shown it, and how many of them answered."""

    people: int
    answers: int

    @property
    def rate(self) -> float:
        """The share that answered, 0 where nobody was shown it."""
        return self.answers / self.people if self.people else 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What is believed of one variant: the probability that it is the best, and where its true rate lies with 95 %."""

    is_best: float
    low: float
    high: float


def judge(variants: Sequence[Tried]) -> list[Standing]:
    """What is believed of each, in their order; the probabilities add up to 1. Nobody tried: all are alike."""
    densities = [_density(one) for one in variants]
    until = [list(accumulate(density)) for density in densities]
    best = [
        sum(
            mass * prod(_below(other, cell, until) for other in range(len(variants)) if other != one)
            for cell, mass in enumerate(density)
        )
        for one, density in enumerate(densities)
    ]
    total = sum(best) or 1.0
    return [
        Standing(share / total, _quantile(reached, 0.025), _quantile(reached, 0.975))
        for share, reached in zip(best, until, strict=True)
    ]


def best_of(variants: Sequence[Tried]) -> int:
    """Which answered best: the highest rate among those that anybody was shown; of equals the first."""
    rates = [one.rate if one.people else -1.0 for one in variants]
    return rates.index(max(rates))


def _density(one: Tried) -> list[float]:
    """The posterior's mass in each cell of the grid; adds up to 1."""
    a, b = one.answers + _PRIOR, one.people - one.answers + _PRIOR
    scale = lgamma(a + b) - lgamma(a) - lgamma(b) - log(_CELLS)
    middles = ((cell + 0.5) / _CELLS for cell in range(_CELLS))
    masses = [exp(scale + (a - 1) * log(x) + (b - 1) * log(1 - x)) for x in middles]
    total = sum(masses)
    return [mass / total for mass in masses]


def _below(other: int, cell: int, until: Sequence[Sequence[float]]) -> float:
    """How probable it is that `other` lies below the middle of the cell."""
    before = until[other][cell - 1] if cell else 0.0
    return (before + until[other][cell]) / 2


def _quantile(reached: Sequence[float], share: float) -> float:
    return (bisect_left(reached, share * reached[-1]) + 0.5) / _CELLS
