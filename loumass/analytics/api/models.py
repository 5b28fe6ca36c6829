"""What figures are asked by, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from loumass.analytics.listeners import organization_zone
from loumass.analytics.period import LONGEST, USUAL, Period, asked
from loumass.analytics.reading import Bar, Sum, Sums
from loumass.core.api import ApiModel
from loumass.core.api.models import WHOLE, Day, RowModel
from loumass.core.errors import Refused


class FiguresQuery(ApiModel):
    """Which days: from `since` to `until`, both included, or the last `days`. Days are the organization's own."""

    since: Day | None = None
    until: Day | None = None
    days: Annotated[int, Field(ge=1, le=LONGEST), WHOLE] | None = None

    @property
    def says_when(self) -> bool:
        """Whether any days were asked for."""
        return bool(self.since or self.until or self.days)


class PeriodOut(ApiModel):
    """The days that are told of, and the first of those before, that they are compared with."""

    since: date
    until: date
    before_since: date

    @classmethod
    def of(cls, period: Period) -> PeriodOut:
        return cls(since=period.first, until=period.last, before_since=period.first_before)


class SumOut(ApiModel):
    """How often in the period and in the one before; how many seconds each took, where that is known."""

    now: int
    before: int
    seconds_each: float | None
    seconds_each_before: float | None

    @classmethod
    def of(cls, one: Sum) -> SumOut:
        timed = one.seconds or one.seconds_before
        each, before = (one.each, one.each_before) if timed else (None, None)
        return cls(now=one.now, before=one.before, seconds_each=each, seconds_each_before=before)


class PartOut(ApiModel):
    """One line of a table: what it is of, and sums by kind of fact, like `message.sent`."""

    id: UUID | None
    name: str
    sums: dict[str, SumOut]


class BarOut(RowModel):
    """A day, or a week of a long period, and what happened in it."""

    day: date
    is_week: bool
    counts: dict[str, int]


class ClassOut(ApiModel):
    """Something that is told apart: how often."""

    name: str
    words: str
    sum: SumOut


def period_of(query: FiguresQuery) -> Period:
    """The days that are asked for. Raises Refused for such as there are none."""
    zone = organization_zone()
    if query.since is None and query.until is None:
        return Period(query.days or USUAL, zone)
    if query.since is None or query.until is None or query.days is not None:
        raise Refused("Say `since` and `until`, or `days` alone.")
    period = asked({"from": query.since.isoformat(), "to": query.until.isoformat()}, zone)
    if (period.first, period.last) != (query.since, query.until):
        raise Refused(f"Choose at most {LONGEST} days, the first of them first, after 1970.")
    return period


def sums_out(sums: Sums) -> dict[str, SumOut]:
    """By kind of fact, whatever happened."""
    return {kind: SumOut.of(one) for kind, one in sorted(sums.by_kind.items())}


def bars_out(bars: Sequence[Bar], kinds: Sequence[str]) -> list[BarOut]:
    """Each with its counts by kind."""
    return [
        BarOut(day=bar.day, is_week=bar.is_week, counts=dict(zip(kinds, bar.numbers, strict=True)))
        for bar in bars
    ]


def classes_out(classes: Sequence[tuple[str, str, Sum]]) -> list[ClassOut]:
    """As the pages tell them, the most first."""
    return [ClassOut(name=name, words=words, sum=SumOut.of(one)) for name, words, one in classes]
