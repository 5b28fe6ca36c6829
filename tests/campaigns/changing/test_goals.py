"""Goals of a campaign that was changed: everybody goes by those of the version that they walk."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from loumass.contacts.bulk import tag
from loumass.contacts.models import Contact
from loumass.core.database import engine
from tests.campaigns.cast import Run, running, send, step, wait
from tests.campaigns.changing.edits import applied, edited
from tests.world import World

FUNNEL = [
    send("hello"),
    wait("pause", amount=30, unit="days", after="entered"),
    send("again"),
    step("end", "end"),
    step("won", "goal", {}, test="tag", tag="Customer"),
    step("seen", "goal", {}, test="tag", tag="Met"),
]


def _tagged(run: Run, name: str, *people: Contact) -> int:
    """They get the tag, and what follows is done; how often the goals were read to tell whether anybody waits for it."""
    read = []

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        read.extend(["goals"] * ("SELECT DISTINCT n.config" in statement))

    event.listen(engine(), "before_cursor_execute", count)
    with run.tenant.acting() as session:
        tag([one.id for one in people], name)
        session.commit()
    event.remove(engine(), "before_cursor_execute", count)
    run.tenant.world.work()
    return len(read)


def test_who_finishes_on_an_older_version_goes_by_its_goals(world: World) -> None:
    people = [world.acme.contact(f"P{n} R", f"p{n}@r.example") for n in range(4)]
    priya, tom, ann, late = people
    run = running(world.acme, FUNNEL, priya, tom, ann)
    run.told("sent")
    with edited(run) as draft:
        draft.remove("pause")
        draft.put("Rest", "wait", after="hello", amount=9, unit="days")
        draft.remove("won")
    applied(run, removed={"pause": "finish"})
    run.add(late)
    world.work()
    run.told("sent")
    assert {run.of(one).node_id == run.of(priya).node_id for one in (tom, ann)} == {True}
    assert run.of(late).node_id != run.of(priya).node_id
    # The old goal is theirs alone, the one that stayed everybody's; all of them are due in the same slice.
    assert _tagged(run, "Customer", priya, late) == 1
    _tagged(run, "Met", tom)
    assert [run.at(one).partition(": ")[2] for one in (priya, tom)] == ["goal", "goal"]
    assert [run.of(one).state for one in (ann, late)] == ["waiting", "waiting"]
    _tagged(run, "Met", late, ann)
    assert {run.at(one) for one in people} == {"ended: goal"}
