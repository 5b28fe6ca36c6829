"""Rules asked of rows and of plain facts: the same answer; and what only rows can answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.contacts.rules.answering import answers_beyond, answers_of, fulfilling
from loumass.contacts.rules.holding import holds
from loumass.contacts.rules.model import needs_event, questions, steps_named
from loumass.contacts.rules.predicate import TRIGGER, Names, NotKnown
from loumass.contacts.rules.reading import read
from loumass.contacts.rules.wording import in_words
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.funnels.choices import gone_in, named_in
from loumass.funnels.graph import describe
from loumass.funnels.kinds.base import Names as StepNames
from loumass.funnels.service import graph_of
from loumass.messages.models import Message
from tests.campaigns.cast import drafted, send, step
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


def test_what_only_rows_can_answer_of_a_walk(world: World) -> None:
    run, walk, people = crowd(world, 12)
    ids = [one.id for one in people]
    sent = {one.id for one in people if one.facts.sent_at}
    other = drafted(world.acme, [send("else")])
    other.add(world.acme.contact())
    with world.acme.acting() as session:
        bounced = session.scalars(select(Message).where(Message.enrollment_id.in_(sent)).limit(1)).one()
        bounced.is_bounce_permanent, bounced.bounced_at = True, clock.now()
        session.flush()
        expected: list[tuple[dict[str, Any], set[Any]]] = [
            ({"ask": "bounced_here", "step": "said"}, {bounced.enrollment_id}),
            ({"ask": "bounced_here", "step": "more"}, set()),
            ({"ask": "sent_count", "number": 1}, sent),
            ({"ask": "sent_count", "number": 2}, set()),
            ({"ask": "campaign", "campaign": str(run.id), "how": "inside"}, set(ids)),
            ({"ask": "campaign", "campaign": str(other.id), "how": "ever"}, set()),
            # Nothing started these walks, so nothing was done to that.
            *(({"ask": f"{did}_here", "step": TRIGGER}, set()) for did in ("replied", "opened", "clicked", "bounced")),
        ]  # fmt: skip
        for raw, found in expected:
            assert fulfilling(read(raw, "enrollment"), ids, walk) == found, raw
        for what in ("replied_here", "opened_here"):
            with pytest.raises(NotKnown):
                holds(read({"ask": what, "step": TRIGGER}, "enrollment"), people[0].facts, clock.now())
    named = read({"rules": [{"ask": "opened_here", "step": "said"}, {"ask": "event"}]}, "enrollment")
    assert (steps_named(named), needs_event(named)) == ({"said"}, True)
    assert in_words(named, Names().with_steps({"said": "Invite"})) == (
        "Opened “Invite” and the event is within the next 7 days"
    )


def test_a_funnels_rules_are_told_by_names_and_say_what_is_gone(world: World) -> None:
    gone = {"ask": "campaign", "campaign": str(uuid7()), "how": "inside"}
    rules = [
        [{"ask": "opened_here", "step": "said"}, {"ask": "tag", "tag": "Vip"}],
        [{"ask": "tag", "tag": "Guest"}],
        [gone],
    ]
    steps = [step(f"ask-{at}", "condition", {"yes": "out", "no": "out"}, test="rule", rule={"match": "any", "rules": one})
             for at, one in enumerate(rules)]  # fmt: skip
    run = drafted(world.acme, [send("said"), *steps, step("out", "end")])
    with world.acme.acting() as session:
        graph = graph_of(session.get_one(Campaign, (world.acme.id, run.id)).graph_id)
        names = StepNames(steps=graph.names().steps, chosen=named_in(graph))
        told = [describe(graph.node(run.nodes[f"ask-{at}"]), names) for at in range(3)]
        assert told[0] == "Opened “Said” or tag is Vip?"
        assert told[2].startswith("Inside a campaign that is gone")
        assert {node for node, sentences in gone_in(graph).items() if sentences} == {run.nodes["ask-2"]}
