"""Put the person into another campaign, and go on in this one.

They enter it in a transaction of its own, as if somebody had added them (``campaigns/forwarding.py``): who is inside already, or
cannot be reached by it, does not enter, and it is said on their page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from loumass.funnels.decisions import Act
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Flaw, Kind, Names
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.verdict import Verdict, everybody_leaves
from loumass.funnels.walking.walker import Walker


@dataclass(frozen=True, slots=True)
class Forward(Act):
    """The contact enters ``campaign`` (an id as text) as well."""

    campaign: str


class EnrollConfig(Settings):
    campaign: Text = setting("", "Campaign", chooses="campaigns", max_length=LONGEST_TEXT)


class EnrollStep(Kind[EnrollConfig]):
    name = "enroll"
    label = "Enroll elsewhere"
    icon = "arrows-right-left"
    tone = "gray"
    group = "Finish"
    hint = "Adds the person to another campaign. Here they go on by the way out."
    Config = EnrollConfig

    def decide(self, node: Node, config: EnrollConfig, facts: Facts, now: datetime) -> Forward:
        return Forward(config.campaign)

    def advance(self, ground: Ground, node: Node, config: EnrollConfig, walkers: Sequence[Walker]) -> Verdict:
        if not config.campaign or config.campaign == str(ground.campaign_id):
            raise ValueError("There is no other campaign to enroll them in.")
        for walker in walkers:
            ground.tell("enrollment.forwarded", walker, to=config.campaign)
        return everybody_leaves(walkers)

    def describe(self, node: Node, config: EnrollConfig, names: Names) -> str:
        if not config.campaign:
            return "No campaign chosen"
        return f"Into {names.chosen.get(config.campaign, 'a campaign that is gone')}"

    def flaws(self, config: EnrollConfig) -> Iterable[Flaw]:
        if not config.campaign:
            yield Flaw("no_campaign", "leads into no campaign.", "Choose the campaign.")
