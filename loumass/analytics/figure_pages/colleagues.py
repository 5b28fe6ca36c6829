"""What colleagues did: what they wrote themselves, how soon they answered, which tasks they closed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.models import User
from loumass.analytics import reading
from loumass.analytics.figure_pages.blueprint import csv_file, pages, period_now, tabs_of
from loumass.analytics.kinds import ANSWERED, LATER, SOON, WRITTEN
from loumass.analytics.period import Period
from loumass.core.database import db

_SOON_WORDS = {"1h": "Within an hour", "4h": "Within 4 hours", "1d": "Within a day", LATER: "Later"}


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person who works here, in a period."""

    id: UUID
    name: str
    written: reading.Sum
    answered: reading.Sum
    tasks: reading.Sum


@pages.get("/figures/colleagues")
@requires("dashboard.read")
def colleagues() -> ResponseReturnValue:
    """Everybody who did anything in the period or before, and how soon people were answered."""
    period = period_now()
    return render_template(
        "figures/colleagues.html",
        period=period,
        tabs_of=tabs_of("Colleagues", period),
        colleagues=colleagues_in(period),
        sums=reading.sums_of(period),
        soon=soon_in(period),
    )


@pages.get("/figures/colleagues.csv")
@requires("dashboard.read")
def colleagues_csv() -> ResponseReturnValue:
    """The same as a file; how long in minutes."""
    return colleagues_file(period_now())


def colleagues_file(period: Period) -> Response:
    """The same as a file; how long in minutes."""
    rows = [
        [
            one.name, one.written.now, one.written.before, one.answered.now, one.answered.before,
            _minutes(one.answered.each), _minutes(one.answered.each_before), one.tasks.now, one.tasks.before,
        ]
        for one in colleagues_in(period)
    ]  # fmt: skip
    header = [
        "Colleague", "Messages written", "Messages written before", "Answers", "Answers before", "Minutes to answer",
        "Minutes to answer before", "Tasks done", "Tasks done before",
    ]  # fmt: skip
    return csv_file("colleagues", period, header, rows)


def colleagues_in(period: Period) -> list[Colleague]:
    """Those who did anything, who wrote most first."""
    parts = reading.sums_by("colleague", period)
    ids = [UUID(one) for one in parts]
    names = {row.id: row.name for row in db().execute(select(User.id, User.name).where(User.id.in_(ids)))}
    rows = [
        Colleague(one, names.get(one, "Somebody who left"), sums[WRITTEN], sums[ANSWERED], sums["task.done"])
        for one, sums in zip(ids, parts.values(), strict=True)
    ]
    return sorted(rows, key=lambda row: (-row.written.now, -row.tasks.now, row.name, row.id))


def soon_in(period: Period) -> list[tuple[str, int, int]]:
    """(how soon, answers, answers before), the soonest first."""
    parts = reading.sums_by("class", period)
    return [
        (_SOON_WORDS[name], parts[name][ANSWERED].now, parts[name][ANSWERED].before)
        if name in parts
        else (_SOON_WORDS[name], 0, 0)
        for name in (*(name for name, _ in SOON), LATER)
    ]


def _minutes(seconds: float | None) -> float | str:
    return "" if seconds is None else round(seconds / 60, 1)
