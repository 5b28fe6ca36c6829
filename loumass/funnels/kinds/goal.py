"""What the campaign is for: whoever reaches it leaves, from wherever they stand.

Exact meaning, for both sides: before anybody who is due is decided on, every goal of the graph is asked, in the order of the steps;
who fulfils one leaves with the reason ``goal``. Whom a step changed is asked again before the next one. News that may change an
answer makes people due, and so does the campaign's event when a goal counts from it. A goal need not be connected; who comes to one
by a way and has not reached it goes on by ``next``.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationInfo, field_validator

from loumass.core.money import CURRENCIES, minor_units, money
from loumass.funnels import asked_rule
from loumass.funnels.decisions import NEXT, Decision, End, Go
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Branch, Flaw, Kind, Names
from loumass.funnels.kinds.condition import steps_asked
from loumass.funnels.kinds.condition_tests import TESTS, Question
from loumass.funnels.kinds.settings import LONGEST_TEXT, Text, setting
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import Answers
from loumass.funnels.walking.walker import Walker

REACHED = "goal"
_WORTH = "What it is worth"


class GoalConfig(Question):
    """What must be so, and what it is worth when somebody reaches it."""

    currency: Text = setting("USD", "Currency", choices={code: code for code in CURRENCIES}, group=_WORTH)
    worth: Text = setting(
        "",
        "Amount",
        hint="What each person who reaches it brings, such as 250 or 1,250.50. Empty where it has no price.",
        group=_WORTH,
        max_length=LONGEST_TEXT,
    )

    @field_validator("currency")
    @classmethod
    def _is_known(cls, currency: str) -> str:
        if currency not in CURRENCIES:
            raise ValueError("is not one of the choices")
        return currency

    @field_validator("worth")
    @classmethod
    def _is_an_amount(cls, worth: str, info: ValidationInfo) -> str:
        if worth and minor_units(worth, info.data.get("currency", "")) <= 0:
            raise ValueError("must be more than nothing")
        return worth

    @property
    def price(self) -> int:
        """In the smallest unit of its currency; 0 where it has no price."""
        return minor_units(self.worth, self.currency) if self.worth else 0

    @property
    def told(self) -> dict[str, str]:
        """What the news that somebody reached it say of its worth."""
        return {"worth": str(self.price), "currency": self.currency} if self.price else {}


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
        words = TESTS[config.test].words(config, names)
        return f"{words}, worth {money(config.price, config.currency)}" if config.price else words

    def flaws(self, config: GoalConfig) -> Iterable[Flaw]:
        return TESTS[config.test].flaws(config)
