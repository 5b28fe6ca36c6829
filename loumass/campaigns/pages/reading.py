"""Who opened and who clicked, step by step and link by link."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.campaigns.counting import counts_of
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.blueprint import pages, tabs_of
from loumass.campaigns.reading import read_by_day, read_by_link, read_by_step
from loumass.core.tenancy import get_or_404
from loumass.funnels.kinds import KINDS
from loumass.funnels.service import graph_of

DAYS = 30


@pages.get("/campaigns/<uuid:id>/reading")
@requires("campaigns.read")
def reading(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """People, machines, and those of whom nobody knows."""
    campaign = get_or_404(Campaign, id)
    graph = graph_of(campaign.graph_id)
    return render_template(
        "campaigns/reading.html",
        campaign=campaign,
        tabs_of=tabs_of(campaign, "Opens and clicks"),
        nodes=[node for node in graph.nodes if node.kind in KINDS and KINDS[node.kind].medium == "email"],
        names={node.id: node.name for node in graph.nodes},
        sent=counts_of(campaign, graph).passed,
        read=read_by_step(campaign.id),
        links=read_by_link(campaign.id),
        days=read_by_day(campaign.id, DAYS),
    )
