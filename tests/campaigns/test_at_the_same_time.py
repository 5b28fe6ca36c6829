"""Two that want the same: slices, pauses and listeners at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from loumass.campaigns import jobs, service
from loumass.campaigns.advancing.slice import advance_slice
from loumass.core import clock
from loumass.core.tenancy import acting_for, serving
from tests.campaigns.cast import Run, drafted, send, step, wait
from tests.world import World

FOLLOW_UP = [send("hello"), wait("pause", amount=3, unit="days"), send("again"), step("done", "end")]


def meanwhile(do: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """`do` in another thread, as another process would; what it answered."""
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(do()), daemon=True)
    thread.start()
    return thread, answers


def ready(world: World, people: int = 3) -> Run:
    """A running campaign with people who are due, nobody advanced yet."""
    from loumass.campaigns.models import Campaign

    run = drafted(world.acme, FOLLOW_UP)
    run.add(*[world.acme.contact(f"P{n} R", email=f"p{n}@r.example") for n in range(people)])
    with world.acme.acting() as session:
        session.get_one(Campaign, (world.acme.id, run.id)).state = "running"
        session.commit()
    return run


def test_a_second_slice_passes_by_those_who_are_being_moved(world: World) -> None:
    run = ready(world)

    def second() -> Any:
        with serving(world.acme.id):
            return jobs.advance(str(run.id))

    with world.acme.acting() as session:
        first = advance_slice(run.id)
        thread, answers = meanwhile(second)
        thread.join(timeout=60)
        assert answers == [False]
        session.commit()
    assert first is not None
    assert first.claimed == 3
    assert len(run.messages()) == 3


def test_a_pause_waits_for_the_slice_at_hand_and_nothing_moves_after_it(world: World) -> None:
    run = ready(world)

    def pause() -> str:
        with acting_for(world.acme.id) as session:
            service.pause(run.id, None)
            session.commit()
        return "paused"

    with world.acme.acting() as session:
        advance_slice(run.id)
        thread, answers = meanwhile(pause)
        thread.join(timeout=0.3)
        assert answers == []
        session.commit()
    thread.join(timeout=60)
    assert answers == ["paused"]
    assert run.now().state == "paused"
    with serving(world.acme.id):
        assert jobs.advance(str(run.id)) is False


def test_news_that_comes_while_people_are_moved_is_not_lost(world: World) -> None:
    """The listener waits for the slice, then sees the step where they stand now."""
    from sqlalchemy import update

    from loumass.campaigns import listeners
    from loumass.events.models import Event
    from loumass.messages.models import Message

    run = ready(world, people=1)
    with serving(world.acme.id):
        jobs.advance(str(run.id))
    [message] = run.messages()
    with world.acme.acting() as session:
        session.execute(update(Message).values(state="sent", sent_at=clock.now()))
        session.commit()

    def told() -> str:
        with acting_for(world.acme.id) as session:
            listeners.on_outcome(
                [Event(kind="message.sent", message_id=message.id, facts={}, happened_at=clock.now())]
            )
            session.commit()
        return "told"

    enrollment = run.all()[0].id
    with world.acme.acting() as session:
        service.hold_people([enrollment], world.acme.member.id)
        thread, answers = meanwhile(told)
        thread.join(timeout=0.3)
        session.commit()
    thread.join(timeout=60)
    assert answers == ["told"]
    one = run.all()[0]
    assert (one.state, one.reason) == ("held", "by_hand")
    assert one.last_sent_at is not None


def test_a_step_plans_one_message_however_often_it_is_asked(world: World) -> None:
    """Two engines that both believe it was not planned yet: the key of the step lets one message through."""
    from sqlalchemy import select

    from loumass.content.models import ContentVersion
    from loumass.messages.planning import Plan, plan_messages
    from loumass.messages.planning_conversations import Recipient

    run = ready(world, people=1)
    with serving(world.acme.id):
        jobs.advance(str(run.id))
    [message], [one] = run.messages(), run.all()
    assert message.step_id is not None
    with world.acme.acting() as session:
        version = session.scalars(select(ContentVersion.id)).first()
        assert version is not None
        plan = Plan(run.email, run.id, run.nodes["hello"], version, (), {})
        again = plan_messages(plan, [Recipient(message.step_id, one.id, one.contact_id)])
        session.commit()
    assert again == frozenset()
    assert [found.id for found in run.messages()] == [message.id]


def test_a_visit_that_was_made_already_is_refused_and_nothing_of_it_is_kept(world: World) -> None:
    """An engine that read somebody before another one moved them, and writes them down after."""
    import pytest
    from sqlalchemy import func, select
    from sqlalchemy.exc import IntegrityError

    from loumass.campaigns.models import Enrollment, Step

    run = ready(world, people=1)
    with serving(world.acme.id):
        jobs.advance(str(run.id))
    [before] = run.all()
    with world.acme.acting() as session:
        stale = session.get_one(Enrollment, (world.acme.id, before.id))
        stale.state, stale.node_id, stale.step_id, stale.visit, stale.due_at = (
            "active",
            None,
            None,
            0,
            clock.now(),
        )
        session.commit()
    with serving(world.acme.id), pytest.raises(IntegrityError, match="visit"):
        jobs.advance(str(run.id))
    assert len(run.messages()) == 1
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(Step)) == 1
