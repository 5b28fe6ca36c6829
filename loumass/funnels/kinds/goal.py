"""What the campaign is for: whoever reaches it leaves, from wherever they stand.

Exact meaning, for both sides: before anybody who is due is decided on, every goal of the graph is asked, in the order of the steps;
who fulfils one leaves with the reason ``goal``. News that may change an answer makes people due, and so does the campaign's event
when a goal counts from it. A goal need not be connected; who
comes to one by a way and has not reached it goes on by ``next``.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from loumass.funnels import asked_rule
from loumass.funnels.decisions import NEXT, Decision, End, Go
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Branch, Flaw, Kind, Names
from loumass.funnels.kinds.condition import steps_asked
from loumass.funnels.kinds.condition_tests import TESTS, Question
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import Answers
from loumass.funnels.walking.walker import Walker

REACHED = "goal"


class GoalConfig(Question):
    """What must be so."""


class GoalStep(Kind[GoalConfig]):
    name = "goal"
    label = "Goal"
    icon = "target-arrow"
    tone = "teal"
    group = "Decide"
    hint = "What the campaign is for. Whoever reaches it leaves from wherever they stand."
    Config = GoalConfig
    is_everywhere = True

    def branches(self, config: GoalConfig) -> tuple[Branch, ...]:
        return (Branch(NEXT, "not yet", is_required=False),)

    def decide(self, node: Node, config: GoalConfig, facts: Facts, now: datetime) -> Decision:
        return End(REACHED) if TESTS[config.test].holds(config, facts, now) else Go(NEXT)

    def look_up(self, ground: Ground, node: Node, config: GoalConfig, walkers: Sequence[Walker]) -> Answers:
        return TESTS[config.test].look_up(ground, config, walkers)

    def looks_for_reply(self, config: GoalConfig) -> bool:
        return config.test == "replied"

    def needs_event(self, config: GoalConfig) -> bool:
        return config.test == "rule" and asked_rule.needs_event(config.rule)

    def turns_at(self, config: GoalConfig, event_at: datetime) -> frozenset[datetime]:
        return asked_rule.turns_at(config.rule, event_at) if config.test == "rule" else frozenset()

    def steps_named(self, config: GoalConfig) -> frozenset[str]:
        return steps_asked(config)

    def fields_named(self, config: GoalConfig) -> frozenset[str]:
        return frozenset({config.field} if config.test == "field" and config.field else ())

    def rules_asked(self, config: GoalConfig) -> tuple[dict[str, Any], ...]:
        return (config.rule,) if config.test == "rule" else ()

    def describe(self, node: Node, config: GoalConfig, names: Names) -> str:
        return TESTS[config.test].words(config, names)

    def flaws(self, config: GoalConfig) -> Iterable[Flaw]:
        return TESTS[config.test].flaws(config)
