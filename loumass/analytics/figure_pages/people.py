"""People who came and went, and how often those who are there react."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.analytics import growth
from loumass.analytics.figure_pages.blueprint import csv_file, pages, period_now, tabs_of
from loumass.analytics.period import Period
from loumass.contacts.downloads import csv_download
from loumass.core.database import db

_BATCH = 1_000


@pages.get("/figures/people")
@requires("dashboard.read")
def people() -> ResponseReturnValue:
    """Growth by day, how many react how often, and who does."""
    period, band = period_now(), request.args.get("band", "")
    cursor = request.args.get("after") or request.args.get("before")
    engaged = growth.most_engaged(band, cursor)
    return render_template(
        "figures/people.html",
        period=period,
        tabs_of=tabs_of("People", period),
        bars=growth.growth(period),
        there=growth.people_there(period),
        names=growth.BANDS,
        bands=growth.bands(),
        band=band if band in growth.BANDS else "",
        engaged=engaged,
        rows=[(row[0], row[1]) for row in engaged.items],
    )


@pages.get("/figures/people.csv")
@requires("dashboard.read")
def people_csv() -> ResponseReturnValue:
    """How many came and went by day."""
    return people_file(period_now())


def people_file(period: Period) -> Response:
    """How many came and went by day."""
    rows = [[bar.day.isoformat(), *bar.numbers] for bar in growth.growth(period)]
    return csv_file("people", period, ["Day", "Added", "Gone"], rows)


@pages.get("/figures/engagement.csv")
@requires("contacts.export")
def engagement_csv() -> ResponseReturnValue:
    """How everybody reacts, by name."""
    return engagement_file(request.args.get("band"))


def engagement_file(band: str | None) -> Response:
    """How everybody reacts, by name; those of one band."""
    audit("figures.exported", figures="engagement")
    db().commit()
    header = ["Name", "E-mail", "Phone", "Sent", "Opened or clicked", "Replied", "Reactions in percent"]
    return csv_download("engagement.csv", header, lambda: _engaged(band))


def _engaged(band: str | None) -> Iterator[list[Any]]:
    rows = db().execute(growth.everybody_engaged(band).execution_options(yield_per=_BATCH))
    for one, contact in (tuple(row) for row in rows):
        yield [
            contact.name, contact.email, contact.phone, one.sent, one.read, one.replied, one.rate / 10,
        ]  # fmt: skip
