"""Whoever reached a goal of the campaign leaves before anything else is decided, wherever they stand; and who was changed by a
step, before the next one."""

from __future__ import annotations

from uuid import UUID

import structlog
from pydantic import ValidationError

from loumass.campaigns.advancing import moving
from loumass.campaigns.advancing.ground import CampaignGround
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.goal import GoalConfig
from loumass.funnels.node import Node
from loumass.funnels.walking.walker import Walker

log = structlog.get_logger("campaigns")


class Goals:
    """The goals of a slice's graph. A statement for each that is asked, none for a campaign without."""

    def __init__(self, ground: CampaignGround) -> None:
        self._ground = ground
        self._goals = [
            node for node in ground.graph.nodes if node.kind in KINDS and KINDS[node.kind].is_everywhere
        ]
        #: Whom a step changed since they were asked.
        self._changed: set[UUID] = set()

    def of_everybody(self) -> None:
        """End everybody who is due and fulfils a goal of the version that they walk."""
        self._ask(list(self._ground.standing), None)

    def passed(self, node: Node, walkers: list[Walker]) -> None:
        """They were at the step: what it changed may be what a goal asks for."""
        if self._goals and node.kind in KINDS and KINDS[node.kind].changes_people:
            self._changed.update(walker.id for walker in walkers)

    def of_changed(self, node_id: UUID) -> None:
        """The same for those who stand there and were changed on their way."""
        if self._changed:
            self._ask([node_id], self._changed)
            self._changed.difference_update(walker.id for walker in self._ground.standing[node_id])

    def _ask(self, node_ids: list[UUID], only: set[UUID] | None) -> None:
        ground = self._ground
        for node in self._goals:
            version = ground.version_of(node.id)
            alike = [one for one in node_ids if ground.version_of(one) == version]
            standing = [walker for one in alike for walker in ground.standing[one]]
            _leave(ground, node, [one for one in standing if only is None or one.id in only])


def _leave(ground: CampaignGround, node: Node, walkers: list[Walker]) -> None:
    if not walkers:
        return
    kind = KINDS[node.kind]
    try:
        config = kind.read(node)
        reached = kind.advance(ground, node, config, walkers).end
    except (ValidationError, ValueError) as problem:
        # A goal that cannot be asked keeps nobody from going on; the funnel's problems tell of it.
        log.warning("campaigns.goal_unreadable", node=str(node.id), problem=str(problem))
        return
    worth = config.told if isinstance(config, GoalConfig) else {}
    for walker in walkers:
        if walker.id in reached:
            ground.tell("enrollment.reached_goal", walker, goal=str(node.id), **worth)
            moving.end(ground, walker, reached[walker.id])
    for node_id, standing in list(ground.standing.items()):
        ground.standing[node_id] = [one for one in standing if one.id not in reached]
