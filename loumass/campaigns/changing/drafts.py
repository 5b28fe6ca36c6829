"""The draft of a change: made, given up, or carried on although something else was applied meanwhile."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from loumass.accounts.service import audit
from loumass.campaigns import states
from loumass.campaigns.changing.bringing import keep_own
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.campaigns.waking import announce
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.ids import uuid7
from loumass.core.tenancy import get_or_404
from loumass.funnels.models import Graph
from loumass.funnels.replacing import empty
from loumass.funnels.service import clone_graph

CHANGEABLE = ("scheduled", "running", "paused")


def open_change(campaign_id: UUID) -> CampaignChange | None:
    """The draft of change that somebody works on, if there is one."""
    is_open = CampaignChange.applied_at.is_(None) & CampaignChange.discarded_at.is_(None)
    return db().scalar(select(CampaignChange).where(CampaignChange.campaign_id == campaign_id, is_open))


def begin(campaign_id: UUID, author_id: UUID | None, from_graph_id: UUID | None = None) -> CampaignChange:
    """A draft of change: the campaign's graph cloned, or `from_graph_id` (a version of its template or of its own).

    Raises NotFound; Conflict for a campaign that does not run, and while there is another draft.
    """
    campaign = states.settled(campaign_id)
    refuse_unless_changeable(campaign)
    if open_change(campaign.id) is not None:
        raise Conflict(
            f"There is a draft of change for {campaign.name} already. Apply it or discard it first. Nothing was changed."
        )
    change = CampaignChange(
        id=uuid7(), campaign_id=campaign.id, graph_id=clone_graph(from_graph_id or campaign.graph_id),
        base_number=campaign.version, from_graph_id=from_graph_id, made_by_id=author_id, made_at=clock.now(),
    )  # fmt: skip
    db().add(change)
    db().flush()
    if from_graph_id is not None and is_of_template(from_graph_id):
        keep_own(campaign, change.graph_id, from_graph_id, author_id)
    audit("campaign.change_begun", "campaign", campaign.id)
    announce([campaign.id])
    return change


def discard(campaign_id: UUID) -> None:
    """Nothing comes of the draft. Raises NotFound, Conflict when there is none."""
    campaign = states.settled(campaign_id)
    change = _required(campaign)
    empty(change.graph_id)
    change.discarded_at = clock.now()
    audit("campaign.change_discarded", "campaign", campaign.id)
    announce([campaign.id])


def go_on(campaign_id: UUID) -> None:
    """The draft is held against the campaign as it is now, although something was applied since it was made: what that
    changed shows in the review. Raises NotFound, Conflict when there is none."""
    campaign = states.settled(campaign_id)
    _required(campaign).base_number = campaign.version


def is_outdated(campaign: Campaign, change: CampaignChange) -> bool:
    """Whether another change was applied since the draft was made."""
    return change.base_number != campaign.version


def is_of_template(graph_id: UUID) -> bool:
    """Whether the graph is a version of a template."""
    return get_or_404(Graph, graph_id).template_id is not None


def refuse_unless_changeable(campaign: Campaign) -> None:
    """Raises Conflict where there is nothing to change, or nothing changes any more."""
    if campaign.state not in CHANGEABLE:
        why = "Its steps can be changed directly" if campaign.state == "draft" else "It stays as it is"
        raise Conflict(f"{campaign.name} is {campaign.state}. {why}. Nothing was changed.")


def _required(campaign: Campaign) -> CampaignChange:
    change = open_change(campaign.id)
    if change is None:
        raise Conflict(f"There is no draft of change for {campaign.name} any more. Nothing was changed.")
    return change
