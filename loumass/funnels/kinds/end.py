"""The end of a path: the person leaves the campaign."""

from datetime import datetime

from loumass.funnels.decisions import End
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Branch, Kind, Names
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.node import Node

FINISHED = "finished"


class EndConfig(Settings):
    reason: Text = setting(
        "", "Why it ends here", hint="Optional. Shown on the person's page.", max_length=LONGEST_TEXT
    )


class EndStep(Kind[EndConfig]):
    name = "end"
    label = "End"
    icon = "circle-x"
    tone = "gray"
    group = "Finish"
    hint = "People who come here leave the campaign."
    Config = EndConfig

    def branches(self, config: EndConfig) -> tuple[Branch, ...]:
        return ()

    def decide(self, node: Node, config: EndConfig, facts: Facts, now: datetime) -> End:
        return End(config.reason or FINISHED)

    def describe(self, node: Node, config: EndConfig, names: Names) -> str:
        return config.reason or "People leave here"
