"""Ask one question about the person: yes, no, or, when it may wait for the answer, yes or timeout.

Exact meaning, for the set-based twin: ``yes`` as soon as the test holds. Without ``wait_up_to`` everybody else
leaves by ``no``. With it they stay, woken by the test's event, and leave by ``timeout`` when
``facts.entered_at`` plus the amount has come (days and weeks on the contact's wall clock). The test is looked
at before the clock: who replied in the last second is a yes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from loumass.funnels.decisions import NO, TIMEOUT, YES, Decision, Go, WaitFor
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Branch, Flaw, Kind, Names
from loumass.funnels.kinds.condition_tests import TESTS, TRACKED, ConditionConfig
from loumass.funnels.local_time import later
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import Answers
from loumass.funnels.walking.verdict import Rest, Verdict
from loumass.funnels.walking.walker import Walker
from loumass.funnels.words import amount_of, day

#: No news tells of tags and fields (a person edits them anywhere), so these questions are asked again.
ASKED_AGAIN = ("tag", "field")
ASKED_EVERY = timedelta(minutes=5)


class Condition(Kind[ConditionConfig]):
    name = "condition"
    label = "Condition"
    icon = "git-branch"
    tone = "teal"
    group = "Decide"
    hint = "Asks a question, such as whether they replied, and can wait for the answer."
    Config = ConditionConfig

    def branches(self, config: ConditionConfig) -> tuple[Branch, ...]:
        return (Branch(YES, "yes"), Branch(TIMEOUT, "timeout") if config.wait_up_to else Branch(NO, "no"))

    def decide(self, node: Node, config: ConditionConfig, facts: Facts, now: datetime) -> Decision:
        test = TESTS[config.test]
        if test.holds(config, facts, now):
            return Go(YES)
        if config.wait_up_to is None:
            return Go(NO)
        until = later(facts.entered_at, config.wait_up_to, config.wait_unit, facts.timezone)
        if now >= until:
            return Go(TIMEOUT)
        return WaitFor(config.test, until, f"{test.awaited(config)}, until {day(until, facts.timezone)}")

    def look_up(
        self, ground: Ground, node: Node, config: ConditionConfig, walkers: Sequence[Walker]
    ) -> Answers:
        return TESTS[config.test].look_up(ground, config, walkers)

    def advance(
        self, ground: Ground, node: Node, config: ConditionConfig, walkers: Sequence[Walker]
    ) -> Verdict:
        verdict = super().advance(ground, node, config, walkers)
        if config.test in ASKED_AGAIN:
            # Who waits alike shares one mapping, and so one row of what is written.
            again = {id(rest): _asked_again(rest, ground.now) for rest in verdict.rest.values()}
            verdict.rest = {one: again[id(rest)] for one, rest in verdict.rest.items()}
        return verdict

    def breaks_loops(self, config: ConditionConfig, branch: str) -> bool:
        return branch == TIMEOUT and config.wait_up_to is not None

    def looks_for_reply(self, config: ConditionConfig) -> bool:
        return config.test == "replied"

    def steps_named(self, config: ConditionConfig) -> frozenset[str]:
        asks = config.test in ("sent_within", *TRACKED) and config.step
        return frozenset({config.step}) if asks else frozenset()

    def fields_named(self, config: ConditionConfig) -> frozenset[str]:
        asks = config.test == "field" and config.field
        return frozenset({config.field}) if asks else frozenset()

    def describe(self, node: Node, config: ConditionConfig, names: Names) -> str:
        question = TESTS[config.test].words(config, names)
        if config.wait_up_to is None:
            return question
        return f"{question} Waits up to {amount_of(config.wait_up_to, config.wait_unit)}"

    def flaws(self, config: ConditionConfig) -> Iterable[Flaw]:
        return TESTS[config.test].flaws(config)


def _asked_again(rest: Rest, now: datetime) -> Rest:
    again = now + ASKED_EVERY
    if rest.due_at is None or rest.due_at <= again:
        return rest
    return replace(rest, due_at=again, waiting_for={**rest.waiting_for, "until": rest.due_at.isoformat()})
