"""The set-based engine held against the pure step: the same people, the same graph, the same walk.

Facts are drawn at random and written into the database; the engine walks everybody in one slice; then
`funnels.step.decide` walks each of them alone from the same facts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from loumass.campaigns.advancing.slice import advance_slice
from loumass.campaigns.models import Campaign, Enrollment, Step
from loumass.core import clock
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.condition_tests import TESTS
from loumass.funnels.service import graph_of
from tests.campaigns.cast import Planned
from tests.campaigns.drawn import CONFIGS, QUESTIONS, asking, crowd, moments
from tests.campaigns.drawn_expected import walked
from tests.campaigns.drawn_written import drafted_once, written
from tests.world import World

EXAMPLES = 20

#: Not drawn: they decide by the very same lines; what is their own is in `tests/voicemail`.
DECIDES_AS_TEXTS = frozenset({"voicemail_drop"})


PEOPLE_PER_EXAMPLE = 10


CASES = [(kind, config) for kind, config in sorted(CONFIGS.items()) if kind != "condition"]


CASES += [("condition", asking(test)) for test in sorted(QUESTIONS)]


def test_every_kind_and_every_question_is_drawn() -> None:
    assert set(CONFIGS) | DECIDES_AS_TEXTS == set(KINDS)
    for kind in DECIDES_AS_TEXTS:
        assert type(KINDS[kind]).decide is type(KINDS["sms_send"]).decide
    assert set(QUESTIONS) == set(TESTS)


@pytest.mark.parametrize(
    ("kind", "configs"),
    CASES,
    ids=[kind for kind, _ in CASES[: -len(QUESTIONS)]] + [f"condition-{test}" for test in sorted(QUESTIONS)],
)
def test_the_engine_and_the_pure_step_agree(
    world: World, kind: str, configs: st.SearchStrategy[dict[str, Any]]
) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        config = data.draw(configs)
        second = data.draw(st.sampled_from(["stage", "wait", "split", "condition"]))
        people = crowd(data.draw(st.integers(0, 2**64)), PEOPLE_PER_EXAMPLE, str(config.get("value", "")))
        event_at = data.draw(st.none() | moments)
        event_zone = data.draw(st.sampled_from([None, "Europe/Berlin", "America/Denver"]))
        _compare(world, kind, config, second, data.draw(CONFIGS[second]), people, event_at, event_zone)

    agree()


def _compare(world: World, kind: str, config: dict[str, Any], second: str, second_config: dict[str, Any],
             people: list[dict[str, Any]], event_at: datetime | None, event_zone: str | None) -> None:  # fmt: skip
    branches = [branch.name for branch in KINDS[kind].branches(KINDS[kind].Config.model_validate(config))]
    following = [
        branch.name for branch in KINDS[second].branches(KINDS[second].Config.model_validate(second_config))
    ]
    steps = [
        Planned(
            "first",
            kind,
            config,
            dict.fromkeys(branches[:-1] if kind == "email_send" else branches, "then"),
            "Hello" if kind.endswith("_send") else None,
        ),
        Planned("then", second, second_config, dict.fromkeys(following, "out")),
        Planned("out", "end", {"reason": "out"}),
        Planned("said", "email_send", {}, {"next": "out"}, "Said"),
    ]
    run = drafted_once(world, steps, event_at, event_zone)
    ids = written(world, run, people, kind)
    now = clock.now()
    with world.acme.acting() as session, patch.object(clock, "now", lambda: now):
        campaign = session.get_one(Campaign, (world.acme.id, run.id))
        campaign.state = "running"
        session.flush()
        advance_slice(run.id)
        session.commit()
        graph = graph_of(campaign.graph_id)
        found = _found(session, ids)
    for enrollment_id, person in zip(ids, people, strict=True):
        expected = walked(graph, run, enrollment_id, person, event_at, event_zone, now)
        assert found[enrollment_id] == expected, (kind, config, second_config, person)


def _found(session: Session, ids: list[UUID]) -> dict[UUID, tuple[Any, ...]]:
    """The same of everybody, as the engine wrote it."""
    paths: dict[UUID, list[str]] = {one: [] for one in ids}
    taken = select(Step.enrollment_id, Step.outcome).where(
        Step.enrollment_id.in_(ids), Step.left_at.is_not(None)
    )
    for enrollment_id, outcome in session.execute(taken.order_by(Step.visit)):
        paths[enrollment_id].append(outcome or "")
    rows = session.scalars(
        select(Enrollment).where(Enrollment.id.in_(ids)).execution_options(populate_existing=True)
    )
    return {
        row.id: (
            row.node_id,
            row.state,
            row.reason if row.state in ("held", "ended") else row.due_at,
            row.stage,
            row.status,
            tuple(paths[row.id]),
        )
        for row in rows
    }
