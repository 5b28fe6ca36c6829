"""What of the plan is used, and what happens beyond it."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.analytics.pages import pages
from loumass.analytics.usage import usage


@pages.get("/usage")
@requires("dashboard.read")
def show_usage() -> ResponseReturnValue:
    """People, e-mails of this month and running campaigns, against the plan."""
    return render_template("analytics/usage.html", usage=usage())
