"""Set what the BDR reads as this person's status in the campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loumass.funnels.decisions import Act
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Kind, Names
from loumass.funnels.kinds.settings import Settings, setting
from loumass.funnels.node import Node
from loumass.funnels.statuses import Status
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.verdict import Verdict, everybody_leaves
from loumass.funnels.walking.walker import Walker


@dataclass(frozen=True, slots=True)
class SetStatus(Act):
    """The BDR's status of the enrollment is ``status``."""

    status: str


class SetStatusConfig(Settings):
    status: Status = setting(Status.NEEDS_BDR, "Status", choices=dict(zip(Status, Status, strict=True)))


class SetStatusStep(Kind[SetStatusConfig]):
    name = "set_status"
    label = "Set status"
    icon = "flag"
    tone = "green"
    group = "Do"
    hint = "Sets the status that lists of people show, such as Needs BDR."
    Config = SetStatusConfig
    changes_people = True

    def decide(self, node: Node, config: SetStatusConfig, facts: Facts, now: datetime) -> SetStatus:
        return SetStatus(config.status.value)

    def advance(
        self, ground: Ground, node: Node, config: SetStatusConfig, walkers: Sequence[Walker]
    ) -> Verdict:
        for walker in walkers:
            if walker.status != config.status.value:
                walker.status, walker.status_changed_at = config.status.value, ground.now
                ground.tell("enrollment.status_changed", walker, status=walker.status)
        return everybody_leaves(walkers)

    def describe(self, node: Node, config: SetStatusConfig, names: Names) -> str:
        return config.status.value
