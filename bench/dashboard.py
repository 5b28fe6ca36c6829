"""The dashboard and the pages of figures, in an organization where a hundred times as much happened as in another.

`value` is the median of its pages in ms, `limit` that of the same pages where less happened, asked in turns; the days, campaigns,
senders and people are the same. `by_days` says what more days cost. `counted_a_second` is how fast all its facts were counted
anew, and `slice_ms` what it costs to count a quarter of an hour and to sum its day. Every plan is looked at: no page may read
facts. SIZE=full: 10,000,000 facts against 100,000.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import event, text

from bench.figures_seeding import ANSWERS, happened
from bench.inbox import _milliseconds, _signed_in
from bench.installation import House, installed
from bench.measuring import Stopwatch, forget_peak, peak_mib, print_line, size
from loumass.analytics import jobs, listeners, rebuilding
from loumass.app import create_app
from loumass.core import clock, database

TIMES = 100
ROUNDS = 25
DAYS = (7, 30, 90)
#: Tables that grow with what happens.
_FACTS = re.compile(r"\b(?:FROM|JOIN)\s+(?:event|quarter_count)\b")
_LAST = text(
    "SELECT max(happened_at) FROM event WHERE organization_id = :organization_id AND campaign_id IS NOT NULL"
)


def main() -> None:
    """Prints one line. Raises AssertionError when a page reads facts, or a figure is wrong."""
    count = size(100_000, 10_000_000)
    with installed() as house:
        (many, campaign), (few, other) = (
            happened(house, "Large", count),
            happened(house, "Small", max(count // TIMES, 1)),
        )
        house.analyze("event", "contact", "enrollment", "message", "step", "node", "campaign")
        took = _counted(many)
        _counted(few)
        house.analyze("quarter_count", "daily_count", "daily_part", "contact")
        _is_right(many, count)
        slice_ms = _slice(many)
        app = create_app(house.settings)
        browsers = _signed_in(app, many), _signed_in(app, few)
        paths = tuple(zip(_paths(campaign), _paths(other), strict=True))
        _reads_no_facts(browsers[0], [mine for mine, _ in paths])
        forget_peak()
        taken, limits = _measured(*browsers, paths)
        by_days = {str(days): round(_median(browsers[0], f"/figures?days={days}"), 1) for days in DAYS}
        _print(count, took, taken, limits, by_days | {"365": _year(browsers[0])}, slice_ms)


def _paths(campaign: UUID) -> list[str]:
    return [
        "/dashboard", "/dashboard?days=90", "/figures", "/figures?days=90", "/figures/campaigns", "/figures/senders",
        "/figures/colleagues", "/figures/people", f"/campaigns/{campaign}/figures?days=30",
    ]  # fmt: skip


def _counted(house: House) -> Stopwatch:
    """Everything counted from the first fact on, as `rebuild-figures` has it done."""
    with house.acting() as session:
        rebuilding.rebuild()
        session.commit()
    with house.timed() as watch:
        house.work("analytics.count")
    return watch


def _is_right(house: House, count: int) -> None:
    figures = house.count("SELECT sum(count) FROM daily_count WHERE organization_id = :organization_id")
    facts = house.count("SELECT count(*) FROM event WHERE organization_id = :organization_id")
    # Each answer is a fact, was written, and was an answer.
    assert facts == count + ANSWERS, facts
    assert figures == count + 3 * ANSWERS, f"{figures} are counted"


def _slice(house: House) -> float:
    """Milliseconds until a quarter of an hour in which something happened is counted, and its day summed."""
    taken = []
    with house.acting() as session:
        last = session.scalar(_LAST, {"organization_id": house.organization_id})
    for _ in range(5):
        with house.acting() as session:
            listeners.mark_stale([last])
            jobs.count.later()
            session.commit()
        began = time.perf_counter()
        house.work("analytics.count")
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 1)


def _reads_no_facts(browser: FlaskClient, paths: Sequence[str]) -> None:
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    event.listen(database.engine(), "before_cursor_execute", note)
    for path in paths:
        _milliseconds(browser, path)
    event.remove(database.engine(), "before_cursor_execute", note)
    assert not list(filter(_FACTS.search, asked)), "a page reads facts"


def _measured(
    many: FlaskClient, few: FlaskClient, paths: Sequence[tuple[str, str]]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Milliseconds of each page in both, in turns: the machine is the same for them."""
    taken: dict[str, list[float]] = {_name(mine): [] for mine, _ in paths}
    limits: dict[str, list[float]] = {_name(mine): [] for mine, _ in paths}
    for turn in range(ROUNDS + 1):
        for mine, theirs in paths:
            theirs_took, mine_took = _milliseconds(few, theirs), _milliseconds(many, mine)
            if turn:  # the first time warms up
                limits[_name(mine)].append(theirs_took)
                taken[_name(mine)].append(mine_took)
    return taken, limits


def _name(path: str) -> str:
    return "campaign" if path.startswith("/campaigns/") else path.removeprefix("/")


def _median(browser: FlaskClient, path: str) -> float:
    return statistics.median(_milliseconds(browser, path) for _ in range(ROUNDS))


def _year(browser: FlaskClient) -> float:
    today = clock.now().date()
    return round(_median(browser, f"/figures?from={today.replace(year=today.year - 1)}&to={today}"), 1)


def _print(
    count: int,
    took: Stopwatch,
    taken: dict[str, list[float]],
    limits: dict[str, list[float]],
    by_days: dict[str, float],
    slice_ms: float,
) -> None:
    value, limit = (
        statistics.median(one for each in times.values() for one in each) for times in (taken, limits)
    )
    ratios = [statistics.median(limits[name]) / statistics.median(each) for name, each in taken.items()]
    print_line(
        "dashboard", value, "ms", limit, limit / value, peak=peak_mib(), count=count, worst_ratio=round(min(ratios), 3),
        medians={name: round(statistics.median(each), 1) for name, each in taken.items()},
        limit_medians={name: round(statistics.median(each), 1) for name, each in limits.items()},
        by_days=by_days, counted_a_second=round(count / took.seconds), slice_ms=slice_ms,
    )  # fmt: skip


if __name__ == "__main__":
    main()
