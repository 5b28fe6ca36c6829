"""One bounded slice of a campaign: who is due is claimed and walks on until everybody rests, is held or has left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import text

from loumass.campaigns.advancing import moving
from loumass.campaigns.advancing.claiming import claim
from loumass.campaigns.advancing.goals import Goals
from loumass.campaigns.advancing.ground import CampaignGround, ground_of
from loumass.campaigns.advancing.hands import Call
from loumass.campaigns.advancing.order import walking_order
from loumass.campaigns.advancing.pace import MOST
from loumass.campaigns.advancing.writing import write
from loumass.campaigns.models import Campaign
from loumass.campaigns.walked import walked
from loumass.content.marking import MergeTagsRefused
from loumass.core import clock
from loumass.core.database import db
from loumass.core.plans import PLANNED_FOR_MANY
from loumass.core.tenancy import current_organization_id
from loumass.funnels.kinds import UnknownKind, kind_of
from loumass.funnels.node import Node
from loumass.funnels.service import graph_of
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.verdict import Hold, Verdict
from loumass.funnels.walking.walker import Walker

log = structlog.get_logger("campaigns")

_CAMPAIGN = text("""
    SELECT id FROM campaign
    WHERE organization_id = :organization_id AND id = :campaign_id AND state = 'running' AND changing_since IS NULL FOR SHARE
""")
_LEFT = text("""
    SELECT (SELECT due_at FROM enrollment
            WHERE organization_id = :organization_id AND campaign_id = :campaign_id
              AND state IN ('active', 'waiting') AND due_at IS NOT NULL ORDER BY due_at LIMIT 1) AS next_at,
        EXISTS (SELECT 1 FROM enrollment
            WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND state <> 'ended') AS is_live
""")


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a slice did and left: `claimed` people moved; the next is due at `next_at`; `is_live`: somebody is inside."""

    claimed: int
    next_at: datetime | None
    is_live: bool

    @property
    def has_more(self) -> bool:
        """Whether it is worth while to come again at once: somebody is due, and not in another's hands alone."""
        return bool(self.claimed) and self.next_at is not None and self.next_at <= clock.now()


def advance_slice(campaign_id: UUID, most: int = MOST, when_full: Call | None = None) -> Advanced | None:
    """Advance at most so many who are due, in one transaction that the caller commits. None when it does not run, and
    while a change is being applied to it.

    `when_full` is called once so many are claimed: there may be more.
    """
    db().execute(PLANNED_FOR_MANY)
    ids = {"organization_id": current_organization_id(), "campaign_id": campaign_id}
    if db().execute(_CAMPAIGN, ids).one_or_none() is None:
        return None
    campaign = db().get_one(Campaign, (current_organization_id(), campaign_id), populate_existing=True)
    ground = ground_of(campaign, graph_of(campaign.graph_id))
    claimed = claim(ground, most)
    if when_full is not None and claimed == most:
        when_full()
    ground.stand_on(walked(ground.graph, ground.standing))
    _walk(ground)
    write(ground)
    left = db().execute(_LEFT, ids).one()
    return Advanced(claimed, left.next_at, left.is_live)


def _walk(ground: CampaignGround) -> None:
    goals = Goals(ground)
    goals.of_everybody()
    for node_id in walking_order(ground.graph):
        if ground.standing.get(node_id):
            goals.of_changed(node_id)
        standing = ground.standing.pop(node_id, None)
        if standing:
            node = ground.graph.node(node_id)
            moving.carry_out(ground, node_id, standing, _verdict(ground, node, standing))
            goals.passed(node, standing)


def _verdict(ground: Ground, node: Node, walkers: list[Walker]) -> Verdict:
    """What the node's kind says; everybody is held, visibly, where its settings make no sense."""
    try:
        kind = kind_of(node.kind)
        return kind.advance(ground, node, kind.read(node), walkers)
    except (UnknownKind, ValidationError, ValueError, MergeTagsRefused) as problem:
        log.warning("campaigns.step_unreadable", node=str(node.id), problem=str(problem))
        hold = Hold(
            "unreadable", {"for": "mending", "because": "The settings or words of this step make no sense"}
        )
        return Verdict(hold={walker.id: hold for walker in walkers})
