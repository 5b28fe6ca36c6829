"""The list of the inbox, as the application answers it, in an organization with many conversations among ten.

`value` is the p95 of its pages in ms (views, filters, searches, a page deep down), `limit` the p95 of the same page in
an organization with ten conversations, asked in turns. Every plan is looked at as the application's role: none may read
a large table from end to end. SIZE=full: 100,000 conversations, 1,000,000 messages.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from bench.inbox_seeding import MESSAGES_EACH, founded, furnish
from bench.installation import House, installed
from bench.measuring import forget_peak, peak_mib, print_line, size
from loumass.accounts.models import UserSession
from loumass.app import create_app
from loumass.core import database
from loumass.core.paging import cursor_after
from loumass.core.tenancy import globally

ORGANIZATIONS, NEIGHBOURS, FEW = 10, 20, 10
ROUNDS = 40
#: Tables that grow with what people write: reading one of them whole is what a plan must not do.
LARGE = {"contact", "conversation", "message", "enrollment", "event", "step"}


def main() -> None:
    """Prints one line. Raises AssertionError when a row is missing or a plan reads a large table whole."""
    count = size(10_000, 100_000)
    with installed() as house:
        sender, campaign = furnish(house, count)
        for n in range(ORGANIZATIONS - 2):
            furnish(founded(house, f"Neighbour {n}"), max(count // NEIGHBOURS, 1))
        small = founded(house, "Small")
        furnish(small, FEW)
        house.analyze("contact", "conversation", "message", "enrollment")
        _every_row_is_there(house, count)
        app = create_app(house.settings)
        many, few = _signed_in(app, house), _signed_in(app, small)
        paths = _paths(house, sender, campaign)
        plans = _plans(house, many, list(paths.values()))
        forget_peak()
        taken, limits = _measured(many, few, paths)
        _print(count, taken, limits, plans)


def _paths(house: House, sender: UUID, campaign: UUID) -> dict[str, str]:
    with house.acting() as session:
        deep = session.connection().exec_driver_sql(
            "SELECT last_message_at, id FROM conversation WHERE organization_id = %s ORDER BY last_message_at DESC, id DESC"
            " OFFSET (SELECT count(*) / 2 FROM conversation WHERE organization_id = %s) LIMIT 1",
            (house.organization_id, house.organization_id),
        ).one()  # fmt: skip
    views = ("unread", "mine", "open", "unanswered", "snoozed", "closed", "everything")
    return {
        "needs-reply": "/inbox",
        **{view: f"/inbox?view={view}" for view in views},
        "deep": f"/inbox?view=everything&after={cursor_after(*deep)}",
        "sender": f"/inbox?view=everything&channel={sender}",
        "campaign": f"/inbox?view=open&campaign={campaign}",
        "search a person": "/inbox?q=reader16",
        "search a company": "/inbox?q=company 99",
        "search a subject": "/inbox?q=a table for company 16",
        "search nobody": "/inbox?q=zoltan",
    }


def _signed_in(app: Flask, house: House) -> FlaskClient:
    with globally(house.user.id) as opened:
        begun = UserSession(user_id=house.user.id, way="password", came_from="", browser="")
        opened.add(begun)
        opened.commit()
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = f"{house.user.id}:{house.user.epoch}"
        session["_fresh"] = True
        session["organization"] = str(house.organization_id)
        session["session"] = str(begun.id)
    return browser


def _measured(
    many: FlaskClient, few: FlaskClient, paths: dict[str, str]
) -> tuple[dict[str, list[float]], list[float]]:
    """Milliseconds of each page, and of the page of ten, in turns: the machine is the same for both."""
    taken: dict[str, list[float]] = {name: [] for name in paths}
    limits: list[float] = []
    for _ in range(ROUNDS):
        for name, path in paths.items():
            limits.append(_milliseconds(few, "/inbox?view=everything"))
            taken[name].append(_milliseconds(many, path))
    return taken, limits


def _milliseconds(browser: FlaskClient, path: str) -> float:
    began = time.perf_counter()
    answer = browser.get(path)
    taken = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return taken


def _plans(house: House, browser: FlaskClient, paths: Sequence[str]) -> int:
    """How many statements the pages ask. Raises AssertionError for one that walks through a large table."""
    asked: dict[str, Any] = {}

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if any(f" {table}" in statement for table in LARGE):
            asked[statement] = parameters

    event.listen(database.engine(), "before_cursor_execute", note)
    for path in paths:
        _milliseconds(browser, path)
    event.remove(database.engine(), "before_cursor_execute", note)
    with house.acting() as session:
        most = session.connection().exec_driver_sql("SELECT count(*) / 2 FROM conversation").scalar_one()
        walks = [
            f"{walked} is read whole by {statement}"
            for statement, parameters in asked.items()
            if (walked := _walked(_plan(session, statement, parameters), most))
        ]
    assert not walks, "\n\n".join(walks)
    return len(asked)


def _plan(session: Session, statement: str, parameters: Any) -> dict[str, Any]:
    explained = session.connection().exec_driver_sql(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
    )
    return explained.scalar_one()[0]["Plan"]


def _walked(plan: dict[str, Any], most: int) -> set[str]:
    """The large tables that are read without an index, or of which an index gives half an organization's rows."""
    read = (plan.get("Actual Rows", 0) + plan.get("Rows Removed by Filter", 0)) * plan.get("Actual Loops", 1)
    is_walk = plan.get("Relation Name") in LARGE and (plan["Node Type"] == "Seq Scan" or read > most)
    own = {plan["Relation Name"]} if is_walk else set[str]()
    return own.union(*(_walked(part, most) for part in plan.get("Plans", ())))


def _every_row_is_there(house: House, count: int) -> None:
    talks = house.count("SELECT count(*) FROM conversation WHERE organization_id = :organization_id")
    said = house.count("SELECT count(*) FROM message WHERE organization_id = :organization_id")
    assert (talks, said) == (count, count * MESSAGES_EACH), f"{talks} conversations, {said} messages"


def _print(count: int, taken: dict[str, list[float]], limits: list[float], plans: int) -> None:
    everything = [one for each in taken.values() for one in each]
    value, limit = _p95(everything), _p95(limits)
    print_line(
        "inbox", value, "ms", limit, limit / value, peak=peak_mib(), count=count,
        median_ratio=round(statistics.median(limits) / statistics.median(everything), 3), plans=plans,
        medians={name: round(statistics.median(each), 1) for name, each in taken.items()},
        limit_median=round(statistics.median(limits), 1),
    )  # fmt: skip


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
