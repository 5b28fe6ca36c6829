"""Campaigns for the builder and for other programs."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint

from loumass.accounts.guards import requires
from loumass.campaigns.changing.history import versions_of
from loumass.campaigns.counting import counts_of, dropped_in, figures_of
from loumass.campaigns.models import Campaign
from loumass.campaigns.reasons import left_words
from loumass.core.api import ApiModel, endpoint
from loumass.core.tenancy import get_or_404
from loumass.funnels.service import graph_of

api = Blueprint("campaigns_api", __name__)


class LeftOut(ApiModel):
    """People who left the campaign for one reason."""

    reason: str
    words: str
    people: int


class StepCount(ApiModel):
    """People at one step: in it now, gone on from it, dropped out there. Clones of a funnel keep the `key`."""

    id: UUID
    key: str
    here: int
    passed: int
    dropped: int
    left: list[LeftOut]


class WayCount(ApiModel):
    """People who took one drawn way."""

    source: UUID
    key: str
    branch: str
    people: int


class OlderCount(ApiModel):
    """People who finish on an older version of the campaign, so at none of its steps."""

    number: int
    people: int


class FunnelCounts(ApiModel):
    """The people of a campaign on its funnel, now."""

    enrolled: int
    outside: int
    steps: list[StepCount]
    ways: list[WayCount]
    older: list[OlderCount]


@endpoint(api, "GET", "/campaigns/<uuid:campaign_id>/funnel-counts", answers=FunnelCounts)
@requires("campaigns.read")
def funnel_counts(campaign_id: UUID) -> FunnelCounts:
    """How many people are in each step now, passed it, dropped out there, and by which ways they went on."""
    campaign = get_or_404(Campaign, campaign_id)
    graph, figures = graph_of(campaign.graph_id), figures_of([campaign.id])[campaign.id]
    counts, dropped = counts_of(campaign, graph), dropped_in(campaign, graph)
    return FunnelCounts(
        enrolled=figures.enrolled,
        outside=figures.outside,
        steps=[
            StepCount(
                id=node.id,
                key=node.key,
                here=counts.now.get(node.id, 0),
                passed=counts.passed.get(node.id, 0),
                dropped=sum(dropped.get(node.id, {}).values()),
                left=[
                    LeftOut(reason=reason, words=left_words(reason), people=people)
                    for reason, people in dropped.get(node.id, {}).items()
                ],
            )
            for node in graph.nodes
        ],
        ways=[
            WayCount(source=source, key=graph.node(source).key, branch=branch, people=people)
            for (source, branch), people in counts.taken.items()
        ],
        older=[
            OlderCount(number=one.number, people=one.finishing)
            for one in (versions_of(campaign) if campaign.version > 1 else ())
            if one.finishing
        ],
    )
