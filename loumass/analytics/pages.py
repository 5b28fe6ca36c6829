"""The dashboard: who waits for us, what is broken, what happens next."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.analytics import attention, beginning, days, keeping, period, under_way
from loumass.analytics.listeners import organization_zone
from loumass.core import clock
from loumass.core.database import db
from loumass.core.exports import csv_lines
from loumass.core.plans import plan_for_what_is_asked
from loumass.deliverability.budgets import BOUNCES

pages = Blueprint("analytics", __name__)
pages.before_request(plan_for_what_is_asked)


@pages.get("/dashboard")
@requires("dashboard.read")
def dashboard() -> ResponseReturnValue:
    """Seven numbers, messages per day, what needs attention, campaigns under way."""
    chosen = period.chosen(request.args.get("days"), organization_zone())
    numbers = keeping.kept_figures(chosen, current_app.extensions["loumass.redis"])
    begun = beginning.beginning()
    template = "dashboard" if begun.has_campaign or numbers.ever_enrolled else "beginning"
    return render_template(
        f"analytics/{template}.html",
        greeting=greeting(),
        period=chosen,
        choices=period.CHOICES,
        figures=numbers,
        bounces=BOUNCES,
        begun=begun,
        days=days.messages_per_day(chosen),
        attention=attention.attention(chosen.today),
        waiting=attention.waiting_for_reply(),
        campaigns=under_way.campaigns_under_way(),
    )


@pages.get("/dashboard/messages.csv")
@requires("dashboard.read")
def messages_csv() -> ResponseReturnValue:
    """Messages per day of the period as a file."""
    chosen = period.chosen(request.args.get("days"), organization_zone())
    rows = [(day.day.isoformat(), day.sent, day.received) for day in days.messages_per_day(chosen)]
    audit("dashboard.exported", days=chosen.days)
    db().commit()
    return Response(
        csv_lines(("Day", "Out", "In"), rows),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="messages-per-day-{chosen.today}.csv"'},
    )


def greeting() -> str:
    """ "Good morning, Maya", by the hour in the organization's time."""
    hour = clock.now().astimezone(organization_zone()).hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if 12 <= hour < 18 else "evening"
    return f"Good {part}, {g.user.name.split()[0]}"
