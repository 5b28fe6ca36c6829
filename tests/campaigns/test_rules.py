"""Rules asked of rows and of plain facts: the same answer; and what only rows can answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from loumass.contacts.rules.answering import answers_beyond, answers_of, fulfilling
from loumass.contacts.rules.holding import holds
from loumass.contacts.rules.model import questions
from loumass.contacts.rules.reading import read
from loumass.core import clock
from tests.campaigns.ruled import QUESTIONS, RULES, crowd
from tests.world import World

PEOPLE, BATCHES, AT_ONCE, RULES_DRAWN = 60, 20, 30, 60
NOTHING_READ: dict[str, Any] = {
    name: {} for name in ("fields", "bounced_at", "opted_out_at", "sent_at", "opened_at", "clicked_at")
} | {"tags": frozenset()}
_drawn = settings(
    deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example],
)  # fmt: skip


def test_rows_and_facts_say_the_same(world: World) -> None:
    _, walk, people = crowd(world, PEOPLE)
    ids = [one.id for one in people]

    @settings(_drawn, max_examples=BATCHES)
    @given(st.lists(QUESTIONS, min_size=AT_ONCE, max_size=AT_ONCE))
    def every_question_agrees(raw: list[Any]) -> None:
        asked = {one.key: one for one in questions(read({"rules": raw}, "enrollment"))}
        found = answers_of(list(asked.values()), ids, walk)
        for key, question in asked.items():
            for one in people:
                assert found[one.id][key] == holds(question, one.facts, clock.now()), (key, one.facts)

    @settings(_drawn, max_examples=RULES_DRAWN)
    @given(RULES)
    def every_rule_agrees(raw: Any) -> None:
        rule = read(raw, "enrollment")
        assert read(rule.as_json(), "enrollment") == rule
        expected = {one.id for one in people if holds(rule, one.facts, clock.now())}
        assert fulfilling(rule, ids, walk) == expected, rule.as_json()
        answers = answers_beyond(rule, ids, walk)
        # Asked of somebody of whom nothing else was looked up, as whoever is walked.
        bare = {one.id: replace(one.facts, **NOTHING_READ, answers=answers.get(one.id, {})) for one in people}
        assert {who for who, facts in bare.items() if holds(rule, facts, clock.now())} == expected

    with world.acme.acting():
        every_question_agrees()
        every_rule_agrees()
