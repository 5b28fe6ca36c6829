"""One campaign in figures of a period: by step, by way of its splits, by sender, by how people left, and what it brought."""

from __future__ import annotations

from uuid import UUID

from flask import current_app

from loumass.accounts.guards import requires
from loumass.analytics import reading
from loumass.analytics.api.blueprint import api
from loumass.analytics.api.figures import HoursOut, MachinesOut, machines_out
from loumass.analytics.api.models import (
    BarOut,
    ClassOut,
    FiguresQuery,
    PartOut,
    PeriodOut,
    SumOut,
    bars_out,
    classes_out,
    period_of,
    sums_out,
)
from loumass.analytics.api.values import ShareOut, WindowQuery, shares_out
from loumass.analytics.figure_pages.campaign import ends_in, senders_of, since_start, steps_in, ways_in
from loumass.analytics.figure_pages.overview import CHART, DAYS
from loumass.analytics.figure_pages.rows import Row, classes_in
from loumass.analytics.keeping import kept_shares
from loumass.analytics.listeners import organization_zone
from loumass.analytics.period import Period, asked
from loumass.campaigns.models import Campaign
from loumass.core.api import ApiModel, endpoint
from loumass.core.tenancy import get_or_404
from loumass.funnels.service import graph_of


class StepFiguresOut(PartOut):
    """A step: its sums, how many have gone on so far, stand there now and left there in the period."""

    gone_on: int
    there_now: int
    left_here: int


class WayFiguresOut(PartOut):
    """A way of a split, and how many people went it so far."""

    people: int


class CampaignFiguresOut(ApiModel):
    """Everything of one campaign. Without days asked for: since it started."""

    period: PeriodOut
    sums: dict[str, SumOut]
    days: list[BarOut]
    steps: list[StepFiguresOut]
    ways: list[WayFiguresOut]
    senders: list[PartOut]
    media: list[PartOut]
    replies: list[ClassOut]
    ends: list[ClassOut]
    machines: list[MachinesOut]
    hours: HoursOut
    values: list[ShareOut]


@endpoint(
    api,
    "GET",
    "/analytics/campaigns/<uuid:campaign_id>/figures",
    asks=WindowQuery,
    answers=CampaignFiguresOut,
    also=["/analytics/campaigns/<uuid:campaign_id>/figures"],
)
@requires("campaigns.read")
def figures_of_campaign(campaign_id: UUID, query: WindowQuery) -> CampaignFiguresOut:
    """One campaign in a period, against the one before."""
    one = get_or_404(Campaign, campaign_id)
    period, graph = period_for(one, query), graph_of(one.graph_id)
    classes, sums = reading.sums_by("class", period, one.id), reading.sums_of(period, one.id)
    senders, media = senders_of(one, period)
    kinds = [kind for _, kind in DAYS]
    sent, replied = (reading.hours_of(period, kind, one.id) for kind in CHART)
    steps = [
        StepFiguresOut(**_part(row, "at").model_dump(), gone_on=gone_on, there_now=now, left_here=left)
        for row, gone_on, now, left in steps_in(one, graph, period)
    ]
    ways = [
        WayFiguresOut(**_part(row).model_dump(), people=people) for row, people in ways_in(one, graph, period)
    ]
    shares = kept_shares(period, int(query.window), current_app.extensions["loumass.redis"], one.id)
    return CampaignFiguresOut(
        period=PeriodOut.of(period),
        sums=sums_out(sums),
        days=bars_out(reading.bars_of(period, kinds, one.id), kinds),
        steps=steps,
        ways=ways,
        senders=[_part(row, "via") for row in senders],
        media=[_part(row) for row in media],
        replies=classes_out(classes_in(classes)),
        ends=classes_out(ends_in(classes)),
        machines=machines_out(sums, classes),
        hours=HoursOut(sent=sent, replied=replied),
        values=shares_out(shares),
    )


def period_for(one: Campaign, query: FiguresQuery) -> Period:
    """The days that are asked for; all of the campaign's where none are."""
    return period_of(query) if query.says_when else asked(since_start(one), organization_zone())


def _part(row: Row, named: str = "") -> PartOut:
    """A line of the page's table; `named`: where its id stands."""
    return PartOut(id=row.where[named] if named else None, name=row.name, sums=sums_out(row.sums))
