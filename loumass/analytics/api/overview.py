"""Figures for other programs: the overview, messages per day, and the counts that older programs know as stats."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from flask import Response, current_app

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.analytics import attention, days, keeping, period, under_way
from loumass.analytics.api.blueprint import api
from loumass.analytics.figures import Figures
from loumass.analytics.listeners import organization_zone
from loumass.analytics.statistics import campaigns_by_state, people_by_status
from loumass.analytics.usage import usage
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import RowModel
from loumass.core.database import db
from loumass.core.exports import csv_lines


class PeriodQuery(ApiModel):
    """The last so many days, today included."""

    days: Literal["7", "30", "90"] = "30"


class FiguresOut(RowModel):
    """People by what happened to them in the period; `..._before`: in the period before."""

    contacts: int
    contacts_new: int
    enrolled: int
    enrolled_before: int
    messaged: int
    replied: int
    bounced: int
    needs_bdr: int
    needs_bdr_today: int
    needs_bdr_since: datetime | None
    rsvp: int
    rsvp_new: int


class DayOut(RowModel):
    """Messages of one day."""

    day: date
    sent: int
    received: int


class UnderWayOut(RowModel):
    """A campaign that runs, waits to run or rests, in numbers of people."""

    id: UUID
    name: str
    state: str
    starts_at: datetime | None
    event_at: datetime | None
    enrolled: int
    ended: int
    replied: int
    rsvp: int
    needs_bdr: int
    next_send_at: datetime | None


class OverviewOut(ApiModel):
    """The seven numbers, messages per day, how many people wait for an answer, and the campaigns under way."""

    days: int
    figures: FiguresOut
    messages: list[DayOut]
    waiting_for_reply: int
    in_doubt: int
    campaigns: list[UnderWayOut]


class StatsOut(ApiModel):
    """What there is: contacts, campaigns by state, people by status, messages per day of the last 30 days."""

    contacts: int
    enrolled: int
    messaged: int
    replied: int
    campaigns: dict[str, int]
    statuses: dict[str, int]
    messages_by_day: list[DayOut]


@endpoint(
    api, "GET", "/analytics/overview", asks=PeriodQuery, answers=OverviewOut, also=["/analytics/overview"]
)
@requires("dashboard.read")
def overview(query: PeriodQuery) -> OverviewOut:
    """The dashboard in numbers."""
    chosen = period.chosen(query.days, organization_zone())
    return OverviewOut(
        days=chosen.days,
        figures=FiguresOut.of(_figures(chosen)),
        messages=[DayOut.of(one) for one in days.messages_per_day(chosen)],
        waiting_for_reply=attention.waiting_for_reply().count,
        in_doubt=attention.attention(chosen.today).in_doubt.count,
        campaigns=[UnderWayOut.of(one) for one in under_way.campaigns_under_way()],
    )


@endpoint(api, "GET", "/stats", answers=StatsOut, also=["/stats"])
@requires("dashboard.read")
def stats() -> StatsOut:
    """Counts of everything."""
    chosen = period.chosen("30", organization_zone())
    found = _figures(chosen)
    return StatsOut(
        contacts=found.contacts,
        enrolled=found.ever_enrolled,
        messaged=found.messaged,
        replied=found.replied,
        campaigns=campaigns_by_state(),
        statuses=people_by_status(),
        messages_by_day=[DayOut.of(one) for one in days.messages_per_day(chosen)],
    )


@endpoint(
    api,
    "GET",
    "/analytics/messages.csv",
    asks=PeriodQuery,
    gives="text/csv",
    also=["/analytics/exports/messages"],
)
@requires("dashboard.read")
def export_messages(query: PeriodQuery) -> Response:
    """Messages per day as a file."""
    chosen = period.chosen(query.days, organization_zone())
    rows = [(day.day.isoformat(), day.sent, day.received) for day in days.messages_per_day(chosen)]
    audit("dashboard.exported", days=chosen.days)
    db().commit()
    return Response(csv_lines(("Day", "Out", "In"), rows), mimetype="text/csv")


def _figures(chosen: period.Period) -> Figures:
    return keeping.kept_figures(chosen, current_app.extensions["loumass.redis"])


class UsedOut(RowModel):
    """One thing that is counted; `limit` is null where the plan says nothing. `then`: what happens beyond it."""

    name: str
    used: int
    limit: int | None
    is_near: bool
    is_full: bool
    then: str


class UsageOut(ApiModel):
    """What of the plan is used. E-mails count since `since`."""

    plan: str
    since: date
    lines: list[UsedOut]


@endpoint(api, "GET", "/users/usage", answers=UsageOut, also=["/users/usage"])
@requires("dashboard.read")
def read_usage() -> UsageOut:
    """People, e-mails of this month and running campaigns, against the plan."""
    found = usage()
    return UsageOut(plan=found.plan.name, since=found.since, lines=[UsedOut.of(line) for line in found.lines])
