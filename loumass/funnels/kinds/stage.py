"""A named part of the funnel. Passing it changes the stage that lists of people show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loumass.funnels.decisions import Act
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Kind, Names
from loumass.funnels.kinds.settings import Settings
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.verdict import Verdict, everybody_leaves
from loumass.funnels.walking.walker import Walker


@dataclass(frozen=True, slots=True)
class EnterStage(Act):
    """The stage that lists of people show is ``stage`` from here on."""

    stage: str


class StageConfig(Settings):
    """A stage is its name; it has no settings."""


class Stage(Kind[StageConfig]):
    name = "stage"
    label = "Stage"
    icon = "bookmark"
    tone = "green"
    group = "Do"
    hint = "Names the part of the funnel that begins here, such as Follow-up."
    Config = StageConfig

    def decide(self, node: Node, config: StageConfig, facts: Facts, now: datetime) -> EnterStage:
        return EnterStage(node.name)

    def advance(self, ground: Ground, node: Node, config: StageConfig, walkers: Sequence[Walker]) -> Verdict:
        for walker in walkers:
            walker.stage = node.name
            ground.tell("enrollment.moved", walker, node=str(node.id))
        return everybody_leaves(walkers)

    def describe(self, node: Node, config: StageConfig, names: Names) -> str:
        return "A stage begins here"
