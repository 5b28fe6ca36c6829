"""Wait for something to happen, at most so long: a reply, a click, a tag, a status, or a whole rule.

Exact meaning, for both sides: as a condition that waits (``condition.py``). It is a kind of its own since that is how people think
of it: the one asks and goes on, the other stands and looks.
"""

from loumass.funnels.decisions import TIMEOUT, YES
from loumass.funnels.kinds.base import Branch, Names
from loumass.funnels.kinds.condition import Condition
from loumass.funnels.kinds.condition_tests import TESTS, ConditionConfig
from loumass.funnels.kinds.settings import OptionalAmount, setting
from loumass.funnels.kinds.wait_config import LONGEST, UNITS, Unit
from loumass.funnels.node import Node
from loumass.funnels.words import amount_of

_GROUP = "At most"


class WaitForConfig(ConditionConfig):
    wait_up_to: OptionalAmount = setting(7, "Wait at most", group=_GROUP, ge=1, le=LONGEST)
    wait_unit: Unit = setting("days", "Of what", choices=UNITS, group=_GROUP)


class WaitForStep(Condition):
    name = "wait_for"
    label = "Wait for"
    icon = "hourglass"
    tone = "amber"
    group = "Wait"
    hint = "Waits until something happens, such as a click or a tag, and goes another way when it does not."
    Config = WaitForConfig

    def branches(self, config: ConditionConfig) -> tuple[Branch, ...]:
        return (Branch(YES, "it happened"), Branch(TIMEOUT, "it did not"))

    def describe(self, node: Node, config: ConditionConfig, names: Names) -> str:
        question = TESTS[config.test].words(config, names).removesuffix("?")
        return f"{question}, at most {amount_of(config.wait_up_to or 0, config.wait_unit)}"
