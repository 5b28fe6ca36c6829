"""Figures as files: one endpoint for each table of the pages."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Response

from loumass.accounts.guards import requires
from loumass.analytics.api.blueprint import api
from loumass.analytics.api.campaign import period_for
from loumass.analytics.api.figures import Band
from loumass.analytics.api.models import FiguresQuery, period_of
from loumass.analytics.api.values import WindowQuery
from loumass.analytics.figure_pages import (
    campaign,
    campaigns,
    colleagues,
    earnings,
    overview,
    people,
    senders,
)
from loumass.analytics.period import Period
from loumass.campaigns.models import Campaign
from loumass.core.api import ApiModel, endpoint
from loumass.core.tenancy import get_or_404

#: Table -> what writes it.
TABLES: dict[str, Callable[[Period], Response]] = {
    "days": overview.days_file,
    "replies": overview.replies_file,
    "machines": overview.machines_file,
    "hours": overview.hours_file,
    "campaigns": campaigns.campaigns_file,
    "senders": senders.senders_file,
    "colleagues": colleagues.colleagues_file,
    "people": people.people_file,
}


class BandQuery(ApiModel):
    """Those of one band."""

    band: Band | None = None


def _register(what: str, write: Callable[[Period], Response]) -> None:
    def view(query: FiguresQuery) -> Response:
        return write(period_of(query))

    view.__name__, view.__doc__ = f"export_{what}", f"Figures as a file: {what}."
    also = [f"/analytics/exports/{what}"]
    endpoint(api, "GET", f"/analytics/{what}.csv", asks=FiguresQuery, gives="text/csv", also=also)(
        requires("dashboard.read")(view)
    )


def _register_of_campaign(what: str) -> None:
    def view(campaign_id: UUID, query: FiguresQuery) -> Response:
        one = get_or_404(Campaign, campaign_id)
        return campaign.campaign_file(one, period_for(one, query), what)

    view.__name__, view.__doc__ = f"export_campaign_{what}", f"One campaign's figures as a file: {what}."
    path = f"/analytics/campaigns/<uuid:campaign_id>/{what}.csv"
    endpoint(api, "GET", path, asks=FiguresQuery, gives="text/csv", also=[path])(
        requires("campaigns.read")(view)
    )


for _what, _write in TABLES.items():
    _register(_what, _write)
for _what in campaign.FILES:
    _register_of_campaign(_what)


@endpoint(
    api,
    "GET",
    "/analytics/values.csv",
    asks=WindowQuery,
    gives="text/csv",
    also=["/analytics/exports/values"],
)
@requires("dashboard.read")
def export_values(query: WindowQuery) -> Response:
    """What campaigns brought, as a file."""
    return earnings.values_file(period_of(query), int(query.window))


@endpoint(
    api,
    "GET",
    "/analytics/engagement.csv",
    asks=BandQuery,
    gives="text/csv",
    also=["/analytics/exports/engagement"],
)
@requires("contacts.export")
def export_engagement(query: BandQuery) -> Response:
    """How everybody reacts, by name, as a file."""
    return people.engagement_file(query.band)
