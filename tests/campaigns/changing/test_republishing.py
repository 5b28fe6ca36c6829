"""A funnel worked over for two weeks and published again while people are everywhere in it; and many who are due in one moment."""

from __future__ import annotations

from collections import Counter

import pytest

from loumass.campaigns import states
from loumass.campaigns.advancing.slice import advance_slice
from loumass.campaigns.models import Campaign, Enrollment
from loumass.core import clock
from loumass.core.errors import Conflict
from tests.campaigns.anything import standing_at
from tests.campaigns.cast import drafted, running, send, step, wait
from tests.campaigns.changing.edits import applied, edited
from tests.world import World

FUNNEL = [
    send("one"), wait("rest", amount=9, unit="days", after="entered"), send("two"),
    wait("pause", amount=30, unit="days", after="entered"), send("three"), step("end", "end"),
]  # fmt: skip


@pytest.mark.parametrize("is_paused", [False, True])
def test_republishing_after_two_weeks_floods_nobody(world: World, is_paused: bool) -> None:
    """Reordered, shortened, said anew, with a step before all others: nobody gets a letter at once, and none twice."""
    early, late = world.acme.contacts([{"name": f"P{n}", "email": f"p{n}@x.example"} for n in range(2)])
    run = running(world.acme, FUNNEL, early)
    run.told("sent")
    if is_paused:
        with world.acme.acting() as session:
            states.pause(run.id, None)
            session.commit()
    world.later(days=10)
    run.told("sent")
    run.add(late)
    world.work()
    run.told("sent")
    world.later(days=4)
    sent = len(run.messages())
    with edited(run) as draft:
        draft.put("Zero", "email_send", after="one", says="Before all others")
        draft.say("two", "Other words")
        draft.set("pause", amount=1, unit="days", after="entered")
        draft.set("rest", amount=1, unit="days", after="entered")
        draft.lead("one", next="end")
        draft.lead("three", next="zero")
        draft.lead("zero", next="rest")
        draft.lead("pause", next="one")
        draft.begin_at("three")
    applied(run)
    if is_paused:
        with world.acme.acting() as session, pytest.raises(Conflict, match="became due"):
            states.resume(run.id)
    world.later(hours=1)
    assert len(run.messages()) == sent, "nobody is written to by the click"
    if is_paused:
        return
    for _ in range(8):
        world.later(days=9)
        run.told("sent")
    keys = {node_id: key for key, node_id in run.nodes.items()}
    got = Counter((one.contact_id, keys[one.node_id]) for one in run.messages() if one.node_id)
    assert set(got.values()) == {1}
    assert {run.at(one).partition(":")[0] for one in (early, late)} == {"ended"}


@pytest.mark.parametrize("most", [1, 2, 5])
def test_equal_timestamps_skip_nobody(world: World, most: int) -> None:
    """Five who are due in the very same moment, which is now, in slices of fewer: each is taken once, whatever the slice holds."""
    people = world.acme.contacts([{"name": f"P{n}", "email": f"p{n}@x.example"} for n in range(5)])
    run = drafted(world.acme, [send("one"), step("end", "end")])
    with world.acme.acting() as session:
        session.get_one(Campaign, (world.acme.id, run.id)).state = "running"
        moment = clock.now()
        session.add_all(Enrollment(campaign_id=run.id, contact_id=one.id, due_at=moment) for one in people)
        session.commit()
        taken: list[int] = []
        with standing_at(moment):
            while (done := advance_slice(run.id, most)) is not None and done.claimed:
                session.commit()
                taken.append(done.claimed)
    assert sum(taken) == 5
    assert max(taken) == min(most, 5)
    assert {one.contact_id for one in run.messages()} == {one.id for one in people}
    assert len(run.messages()) == 5
