"""Opens and clicks of a campaign that was changed: a step is one, on whatever version its message was planned."""

from __future__ import annotations

from sqlalchemy import insert

from loumass.campaigns.reading import Shares, read_by_step
from loumass.core import clock
from loumass.messages.hit_models import HitCount
from tests.campaigns.cast import Run, running, send, step, wait
from tests.campaigns.changing.edits import applied, edited
from tests.world import World


def opened(run: Run) -> None:
    """Every message was opened by a person."""
    messages = run.messages()
    with run.tenant.acting() as session:
        for one in messages:
            hit = {"message_id": one.id, "stream_id": run.id, "node_id": one.node_id, "link": 0, "human": 1, "machine": 0,
                   "unknown": 0, "first_human_at": clock.now(), "last_at": clock.now()}  # fmt: skip
            session.execute(insert(HitCount).values(hit))
        session.commit()


def test_what_is_opened_on_an_older_version_counts_for_the_step(world: World) -> None:
    early, late = world.acme.contacts([{"name": f"P{n}", "email": f"p{n}@x.example"} for n in range(2)])
    run = running(
        world.acme, [wait("rest", amount=2, unit="days"), send("hello"), wait("pause"), send("gone"), step("end", "end")], early,
    )  # fmt: skip
    with edited(run) as draft:
        draft.remove("rest")
        draft.remove("gone")
    applied(run, removed={"rest": "finish"})
    run.add(late)
    world.later(days=3)
    assert len({one.node_id for one in run.messages()}) == 2, "each on a version of their own"
    opened(run)
    with world.acme.acting():
        found = read_by_step(run.id)
    assert found[run.nodes["hello"]].opened == found[None].opened == Shares(human=2)
    assert set(found) == {run.nodes["hello"], None}
