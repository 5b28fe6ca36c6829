"""Random edits while people walk: everybody keeps standing somewhere, and nobody is written to twice by one step.

Each example is a campaign of its own, in which time goes by, messages go out, and its funnel is changed at random, applied
with random choices and sometimes taken back. The only twice that is allowed is the one that somebody asked for.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from loumass.campaigns.changing.applying import apply, review_of_draft, undo
from loumass.campaigns.changing.choices import Choices, Removal, Timing
from loumass.campaigns.changing.drafts import discard
from loumass.campaigns.models import Campaign
from loumass.core import clock
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404
from loumass.funnels.graph import Graph
from loumass.funnels.service import graph_of
from tests.campaigns.cast import Run, running, send, step, text_to, wait
from tests.campaigns.changing.edits import Drafted, edited, learn, nobody_is_lost, open_change
from tests.world import World

EXAMPLES = 6
numbers = st.integers(0, 11)
edits = st.lists(
    st.tuples(st.sampled_from(["remove", "put", "wait", "say", "swap", "begin"]), numbers, numbers),
    min_size=1,
    max_size=3,
)
chances = st.fixed_dictionaries({
    "removed": st.sampled_from(["finish", "finish", "move", "end"]), "to": numbers, "waits": st.sampled_from(["keep", "now", "spread"]),
    "queued": st.sampled_from(["as_planned", "anew"]),
})  # fmt: skip
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("later"), st.integers(1, 9)),
        st.tuples(st.just("later"), st.integers(1, 9)),
        st.tuples(st.just("change"), edits, chances),
        st.tuples(st.just("change"), edits, chances),
        st.tuples(st.just("undo")),
    ),
    min_size=4,
    max_size=8,
)
_TWICE = text("""
    SELECT count(*) FROM (
        SELECT m.enrollment_id, n.key FROM message m JOIN node n ON n.organization_id = :organization_id AND n.id = m.node_id
        WHERE m.organization_id = :organization_id AND m.stream_id = :campaign_id AND m.state IN ('queued', 'sent')
        GROUP BY m.enrollment_id, n.key HAVING count(*) > 1) twice
""")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_is_changed_nobody_is_lost_and_nobody_written_to_twice(world: World) -> None:
    people = [
        world.acme.contact(f"Any {n}", f"any{n}@any.example", phone=f"+1303555{2000 + n}") for n in range(3)
    ]

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(happenings)
    def holds(happens: list[tuple[Any, ...]]) -> None:
        run = running(
            world.acme,
            [send("one"), wait("rest", amount=2, unit="days", after="entered"), text_to("two"),
             wait("pause", amount=3, unit="days", after="entered"), send("three"), step("end", "end")],
            people[0],
        )  # fmt: skip
        for number, (what, *much) in enumerate(happens):
            if what == "later":
                world.later(days=much[0])
                run.told("sent")
            elif what == "change":
                _change(run, *much)
            else:
                _undo(run)
            if number < 2:
                run.add(people[number + 1])
            world.work()
            nobody_is_lost(run)
            with world.acme.acting() as session:
                assert session.scalar(_TWICE, {"organization_id": world.acme.id, "campaign_id": run.id}) == 0
        world.later(days=60)
        for _ in range(8):
            run.told("sent")
            world.later(days=30)
        assert {one.state for one in run.all()} == {"ended"}, "and everybody comes to an end"

    holds()


def _change(run: Run, wanted: list[tuple[str, int, int]], chance: dict[str, Any]) -> None:
    if run.now().state != "running":
        return
    with edited(run) as draft:
        for what, one, other in wanted:
            _edit(draft, run, what, one, other)
    with run.tenant.acting() as session:
        campaign, change = get_or_404(Campaign, run.id), open_change(run.id)
        assert change is not None
        steps = graph_of(change.graph_id)
        try:
            apply(
                run.id,
                _chosen(
                    review_of_draft(campaign, change).proposal.graph, graph_of(campaign.graph_id), chance
                ),
                None,
            )
        except Refused:
            session.rollback()
            discard(run.id)
            assert steps is not None
        session.commit()
    learn(run)


def _edit(draft: Drafted, run: Run, what: str, one: int, other: int) -> None:
    keys = [node.key for node in draft.nodes() if node.kind != "end"]
    if not keys:
        return
    here, there = keys[one % len(keys)], keys[other % len(keys)]
    if what == "remove" and len(keys) > 1:
        draft.remove(here)
    elif what == "put":
        draft.put(f"New {clock.now():%j}{one}{other}", "email_send", after=here, says="New words")
    elif what == "wait" and draft.node(here).kind == "wait":
        draft.set(here, amount=1 + other, unit="days", after="entered")
    elif what == "say" and draft.node(here).kind != "wait":
        draft.say(here, f"Words {other}")
    elif what == "swap" and here != there:
        draft.swap(here, there)
    elif what == "begin":
        draft.begin_at(here)


def _chosen(proposed: Graph, live: Graph, chance: dict[str, Any]) -> Choices:
    target = proposed.nodes[chance["to"] % len(proposed.nodes)].id
    removal = Removal(chance["removed"], target if chance["removed"] == "move" else None)
    ids = [node.id for node in live.nodes]
    return Choices(
        removed=dict.fromkeys(ids, removal),
        waits=dict.fromkeys(ids, Timing(chance["waits"], 5)),
        queued={one: str(chance["queued"]) for one in ids},
    )


def _undo(run: Run) -> None:
    campaign = run.now()
    if campaign.version == 1 or campaign.state != "running":
        return
    with run.tenant.acting() as session:
        with suppress(Refused):  # an undone change that changed nothing any more
            undo(run.id, campaign.version, None)
        session.commit()
    learn(run)
