"""What a step does to somebody is seen by later questions of a simulation, whatever rows said before it began."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from loumass.campaigns.rules import StatusIn, StatusInSettings
from loumass.contacts.rules import registry
from loumass.contacts.rules.model import Question, questions
from loumass.contacts.rules.reading import read
from loumass.funnels.simulating.people import Known, Person, Reach
from loumass.funnels.simulating.running import Plan, Simulation
from loumass.funnels.simulating.senders import Limits
from loumass.rules import PREDICATES, REFERENCES, WALKS
from tests.funnels.test_simulating import BEGINS, DENVER, END, NOBODY_DOES, Watched, graph

TAG = {"ask": "tag", "tag": "vip"}
GOLD = {"ask": "field", "field": "plan", "operator": "is", "value": "gold"}
SEGMENT = {"ask": "segment", "segment": str(UUID(int=7))}
STATUS = {"ask": "status", "campaign": "any", "status": "Needs BDR"}
BOTH = {"match": "all", "rules": [TAG, GOLD]}
GIVE, TAKE = ("tag", {"action": "add", "tag": "VIP"}), ("tag", {"action": "remove", "tag": "Vip"})
TO_GOLD = ("set_field", {"field": "plan", "value": "Gold"})
TO_TIN = ("set_field", {"field": "plan", "value": "tin"})


def known(said: dict[str, bool]) -> Known:
    """`said`: what rows answered, by the name of the question."""
    asked = {one.key: one for raw in (TAG, GOLD, STATUS) for one in questions(read(raw, "enrollment"))}
    named = {one.predicate.name: key for key, one in asked.items()}
    answers: dict[str, Any] = {named[name]: is_so for name, is_so in said.items()}
    answers[next(questions(read(SEGMENT))).key] = read(BOTH)
    wanted = {named["status"]: StatusInSettings.model_validate({"status": "Needs BDR"}).status.value}
    assert isinstance(asked[named["status"]], Question)
    assert isinstance(asked[named["status"]].predicate, StatusIn)
    return Known({"answers": answers}, asked=asked, statuses=wanted)


NO = {"tag": False, "field": False, "status": False}
YES = {"tag": True, "field": True, "status": False}


@pytest.mark.parametrize(
    ("said", "steps", "asked", "way"),
    [
        (NO, [], TAG, "no"),
        (NO, [GIVE], TAG, "yes"),
        (YES, [TAKE], TAG, "no"),
        (YES, [TAKE, GIVE, TAKE], TAG, "no"),
        (NO, [GIVE], GOLD, "no"),
        (NO, [TO_GOLD], GOLD, "yes"),
        (YES, [TO_TIN], GOLD | {"not": True}, "yes"),
        (NO, [GIVE, TO_GOLD], SEGMENT, "yes"),
        (NO | {"field": True}, [GIVE], SEGMENT, "yes"),
        (YES, [TO_TIN], SEGMENT, "no"),
        (NO, [("set_status", {"status": "Needs BDR"})], STATUS, "yes"),
        (NO, [("set_status", {"status": "Needs BDR"}), ("set_status", {"status": "Not Interested"})], STATUS, "no"),
        (NO | {"status": True}, [("set_status", {"status": "Not Interested"})], STATUS, "yes"),
        (YES, [("set_status", {"status": "Needs BDR"})], {"ask": "status_here", "status": "Needs BDR"}, "yes"),
    ],
)  # fmt: skip
def test_what_steps_change_is_seen_by_what_is_asked_after_them(
    said: dict[str, bool], steps: list[Any], asked: dict[str, Any], way: str
) -> None:
    registry.use(PREDICATES, REFERENCES, WALKS)
    at = len(steps)
    drawn = graph(
        *steps, ("condition", {"test": "rule", "rule": {"match": "all", "rules": [asked]}}), END, END,
        ways={at: {"yes": at + 1, "no": at + 2}, at + 1: {}},
    )  # fmt: skip
    plan = Plan(
        graph=drawn,
        begins=BEGINS,
        ends=BEGINS + timedelta(days=9),
        limits=Limits(DENVER),
        chances=NOBODY_DOES,
    )
    simulation, shared = Simulation(plan, Watched()), known(said)
    people = [Person(UUID(int=one), UUID(int=one), DENVER, shared, Reach()) for one in (1, 2)]
    for person in people:
        simulation.begin(person, BEGINS)
    ledger = simulation.run()
    assert ledger.came[drawn.nodes[at].id].left == {way: 2}
    assert people[0].known is people[1].known, "who is alike shares what is known"
    assert not ledger.on_hold
