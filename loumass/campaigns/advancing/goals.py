"""Whoever reached a goal of the campaign leaves before anything else is decided, wherever they stand."""

from __future__ import annotations

import structlog
from pydantic import ValidationError

from loumass.campaigns.advancing import moving
from loumass.campaigns.advancing.ground import CampaignGround
from loumass.funnels.kinds import KINDS
from loumass.funnels.node import Node
from loumass.funnels.walking.walker import Walker

log = structlog.get_logger("campaigns")


def leave_by_goals(ground: CampaignGround) -> None:
    """End everybody who is due and fulfils a goal of the version that they walk. One statement for each goal, none for a
    campaign without."""
    for node in ground.graph.nodes:
        if node.kind in KINDS and KINDS[node.kind].is_everywhere:
            version = ground.version_of(node.id)
            alike = [one for one in ground.standing if ground.version_of(one) == version]
            _leave(ground, node, [walker for one in alike for walker in ground.standing[one]])


def _leave(ground: CampaignGround, node: Node, walkers: list[Walker]) -> None:
    if not walkers:
        return
    kind = KINDS[node.kind]
    try:
        reached = kind.advance(ground, node, kind.read(node), walkers).end
    except (ValidationError, ValueError) as problem:
        # A goal that cannot be asked keeps nobody from going on; the funnel's problems tell of it.
        log.warning("campaigns.goal_unreadable", node=str(node.id), problem=str(problem))
        return
    for walker in walkers:
        if walker.id in reached:
            ground.tell("enrollment.reached_goal", walker, goal=str(node.id))
            moving.end(ground, walker, reached[walker.id])
    for node_id, standing in list(ground.standing.items()):
        ground.standing[node_id] = [one for one in standing if one.id not in reached]
