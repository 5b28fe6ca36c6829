"""Campaigns of a period side by side, and how long people take through them."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.analytics import reading
from loumass.analytics.figure_pages.blueprint import csv_file, pages, period_now, tabs_of
from loumass.analytics.figure_pages.rows import HEADER, Row
from loumass.analytics.period import Period

#: So many lines are shown; the file has all.
MOST = 100


@pages.get("/figures/campaigns")
@requires("dashboard.read")
def campaigns() -> ResponseReturnValue:
    """Each campaign in which anything happened."""
    period = period_now()
    found = reading.campaigns_in(period)
    return render_template(
        "figures/campaigns.html",
        period=period,
        tabs_of=tabs_of("Campaigns", period),
        campaigns=found[:MOST],
        count=len(found),
    )


@pages.get("/figures/campaigns.csv")
@requires("dashboard.read")
def campaigns_csv() -> ResponseReturnValue:
    """The same, all of them, with those before."""
    return campaigns_file(period_now())


def campaigns_file(period: Period) -> Response:
    """The same, all of them, with those before."""
    rows = [
        [
            *Row(one.name, one.sums).cells,
            one.sums["enrollment.started"].now,
            one.sums["enrollment.reached_goal"].now,
            one.finished.now,
            "" if one.finished.each is None else round(one.finished.each / 86_400, 2),
        ]
        for one in reading.campaigns_in(period)
    ]
    header = ["Campaign", *HEADER, "Entered", "Reached a goal", "Came to the end", "Days to the end"]
    return csv_file("campaigns", period, header, rows)
