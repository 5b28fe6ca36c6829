"""What is wrong with one step or one person stops nobody else, and is said where a person looks."""

from __future__ import annotations

from uuid import UUID

from loumass.campaigns.deciding import release_people
from loumass.core.tenancy import get_or_404
from loumass.funnels.models import Node
from tests.campaigns.cast import Run, running, send, step, wait
from tests.world import World

DONE = step("done", "end")
TWICE = [send("hello"), wait("pause", amount=3, unit="days"), send("again"), DONE]


def says(run: Run, key: str, content_id: UUID | None) -> UUID | None:
    """From now on the step says that content; what it said before."""
    with run.tenant.acting() as session:
        node = get_or_404(Node, run.nodes[key])
        before, node.content_id = node.content_id, content_id
        session.commit()
    return before


def test_a_step_whose_words_were_deleted_holds_its_people_and_nobody_else(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(world.acme, TWICE, priya)
    run.told()
    words = says(run, "hello", None)
    run.add(marcus)
    world.later(days=3)
    one = run.of(marcus)
    assert (one.state, one.reason, run.at(marcus)) == ("held", "no_content", "hello")
    assert run.at(priya) == "again"
    assert [message.state for message in run.messages()] == ["sent", "queued"]
    page = world.acme.member.get(f"/campaigns/{run.id}").get_data(as_text=True)
    assert "This step has nothing to say: its words were deleted" in page
    world.later(hours=2)  # how people react is counted within the hour
    assert world.later(days=30) == 0, "nobody tries it again and again"

    says(run, "hello", words)
    with world.acme.acting() as session:
        assert release_people([one.id]) == 1
        session.commit()
    world.work()
    assert run.at(marcus) == "hello"
    assert [message.state for message in run.messages(marcus)] == ["queued"]


def test_words_that_cannot_be_read_hold_their_people_and_nobody_else(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    broken = [send("hello"), wait("pause", amount=3, unit="days"), send("again", "Hello {{contact."), DONE]
    run = running(world.acme, broken, priya)
    run.told()
    run.add(marcus)
    world.later(days=3)
    assert (run.of(priya).state, run.at(priya)) == ("held", "again")
    assert (run.of(marcus).state, run.at(marcus)) == ("waiting", "hello")
    assert [message.state for message in run.messages(marcus)] == ["queued"]
    assert "words of this step make no sense" in world.acme.member.get(f"/campaigns/{run.id}").get_data(
        as_text=True
    )
    world.later(hours=2)  # how people react is counted within the hour
    assert world.later(days=30) == 0
