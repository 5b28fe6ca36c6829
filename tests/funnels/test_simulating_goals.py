"""Who reaches a goal in a simulation leaves, when the engine would ask for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from loumass.contacts.rules import registry
from loumass.funnels.simulating.chances import Fate
from loumass.funnels.simulating.people import Known, Person, Reach
from loumass.funnels.simulating.running import Plan, Simulation
from loumass.funnels.simulating.senders import Limits, Sender
from loumass.rules import PREDICATES, REFERENCES, WALKS
from tests.funnels.test_simulating import (
    BEGINS,
    DENVER,
    EMAIL,
    END,
    MAIL,
    NOBODY_DOES,
    WAIT,
    Watched,
    graph,
    ran,
)


@dataclass
class Everybody:
    """They all do the same with each message."""

    fate: Fate

    def after_sending(
        self, person_id: UUID, node_id: UUID, visit: int, medium: str, at: datetime
    ) -> Fate | None:
        later = at + timedelta(hours=1)
        return Fate(opened_at=later, clicked_at=later) if self.fate.clicked_at else Fate(replied_at=later)

    def share(self, person_id: UUID, node_id: UUID, visit: int) -> float:
        return 0.5


RULE_CLICKED = {"match": "all", "rules": [{"ask": "clicked_here", "step": "s0"}]}


@pytest.mark.parametrize(
    ("goal", "fate", "exits", "reason"),
    [
        ({"test": "clicked"}, Fate(clicked_at=BEGINS), True, "goal"),
        ({"test": "rule", "rule": RULE_CLICKED}, Fate(clicked_at=BEGINS), True, "goal"),
        ({"test": "replied"}, Fate(replied_at=BEGINS), False, "goal"),
        ({"test": "replied"}, Fate(replied_at=BEGINS), True, "replied"),
        ({"test": "status", "status": "Needs BDR"}, Fate(clicked_at=BEGINS), True, "finished"),
    ],
)
def test_who_reaches_a_goal_by_what_they_do_leaves_then(
    goal: dict[str, Any], fate: Fate, exits: bool, reason: str
) -> None:
    registry.use(PREDICATES, REFERENCES, WALKS)
    drawn = graph(EMAIL, WAIT, EMAIL, END, ("goal", goal), ways={3: {}})
    ledger, _ = ran(drawn, chances=Everybody(fate), exits_on_reply=exits)
    assert ledger.ended == {reason: 3}
    assert len(ledger.times) == (6 if reason == "finished" else 3)
    if reason == "goal":
        assert ledger.last_moved == BEGINS + timedelta(hours=1)


def test_a_goal_is_asked_of_who_begins_and_only_on_its_own_version() -> None:
    drawn = graph(EMAIL, WAIT, EMAIL, END, ("goal", {"test": "tag", "tag": "Guest"}), ways={3: {}})
    plan = Plan(
        graph=drawn, begins=BEGINS, ends=BEGINS + timedelta(days=9), limits=Limits(DENVER), chances=NOBODY_DOES,
        senders={"email": [Sender(id=MAIL, medium="email", name="Maya")]},
    )  # fmt: skip
    for older, expected in (({}, {"goal": 1}), ({drawn.nodes[4].id: 1}, {"finished": 1})):
        simulation = Simulation(replace(plan, older=older), Watched())
        simulation.begin(
            Person(UUID(int=1), UUID(int=1), DENVER, Known({"tags": frozenset({"guest"})}), Reach()), BEGINS
        )
        assert simulation.run().ended == expected
