"""Pausing stops what is queued, resuming never floods, cancelling ends it for everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from loumass.campaigns import backlog, service, states
from loumass.campaigns.backlog import Choice
from loumass.core import clock
from loumass.core.errors import Conflict, Refused
from loumass.messages.models import Stream
from tests.campaigns.cast import Run, drafted, running, send, step, wait
from tests.world import World

FOLLOW_UP = [send("hello"), wait("pause", amount=3, unit="days"), send("again"), step("done", "end")]


def act(run: Run, verb: Callable[..., Any], *arguments: Any) -> Any:
    """Do it as a page would, then work."""
    with run.tenant.acting() as session:
        answer = verb(run.id, *arguments)
        session.commit()
    run.tenant.world.work()
    return answer


def backlog_of(run: Run) -> backlog.Backlog:
    campaign = run.now()
    with run.tenant.acting():
        return backlog.backlog_of(campaign)


def stream_of(run: Run) -> Stream:
    with run.tenant.acting() as session:
        return session.get_one(Stream, (run.tenant.id, run.id))


def test_a_paused_campaign_moves_nobody_and_its_stream_is_closed_to_delivery(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    act(run, service.pause, None)
    world.later(days=5)
    assert run.at(priya) == "pause"
    assert (run.now().state, len(run.messages())) == ("paused", 1)
    assert stream_of(run).paused_at is not None


def test_news_that_comes_during_the_pause_is_remembered(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    act(run, service.pause, None)
    run.told()
    assert run.of(priya).last_sent_at is not None
    assert run.at(priya) == "hello"
    act(run, service.resume)
    assert run.at(priya) == "pause"


def test_resuming_at_once_asks_nothing(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    act(run, service.pause, None)
    world.later(minutes=20)
    act(run, service.resume)
    assert run.now().state == "running"
    assert stream_of(run).paused_at is None


def test_resuming_with_people_past_due_is_refused_until_somebody_chooses(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    run.add(marcus)
    world.work()
    act(run, service.pause, None)
    world.later(days=5)
    found = backlog_of(run)
    assert {(one.node_id, one.people, one.messages) for one in found.steps} == {
        (run.nodes["pause"], 1, 0),
        (run.nodes["hello"], 1, 1),
    }
    with pytest.raises(Conflict, match="2 people became due"):
        act(run, service.resume)
    assert run.now().state == "paused"


def past_due(world: World) -> tuple[Run, Any, Any]:
    """Priya's wait is over, Marcus's first message is still queued, and the campaign has rested for five days."""
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    run.add(marcus)
    world.work()
    act(run, service.pause, None)
    world.later(days=5)
    return run, priya, marcus


def test_continue_lets_all_of_them_go_on(world: World) -> None:
    run, priya, marcus = past_due(world)
    act(run, service.resume, Choice("continue"))
    assert (run.at(priya), run.at(marcus)) == ("again", "hello")
    assert [one.state for one in run.messages()] == ["sent", "queued", "queued"]


def test_skip_goes_on_without_sending_what_is_past_due(world: World) -> None:
    run, priya, marcus = past_due(world)
    act(run, service.resume, Choice("skip"))
    assert run.path(priya)[2] == ("again", "skipped: past due when the campaign was resumed")
    assert run.at(priya) == "ended: finished"
    assert run.at(marcus) == "pause"
    assert run.path(marcus)[0] == ("hello", "skipped: left")
    assert [one.state for one in run.messages()] == ["sent", "cancelled"]


def test_who_caught_up_gets_what_comes_after_a_rest(world: World) -> None:
    run, _, marcus = past_due(world)
    act(run, service.resume, Choice("skip"))
    world.later(days=4)
    assert run.at(marcus) == "again"
    assert run.messages(marcus)[-1].state == "queued"


def test_spread_gives_everybody_a_turn(world: World) -> None:
    people = [world.acme.contact(f"P{n} R", email=f"p{n}@r.example") for n in range(4)]
    run = running(world.acme, FOLLOW_UP, *people)
    run.told()
    act(run, service.pause, None)
    world.later(days=5)
    before = clock.now()
    act(run, service.resume, Choice("spread", hours=8))
    turns = sorted((run.due(one) - before).total_seconds() / 3600 for one in people if run.at(one) == "pause")
    assert [round(turn) for turn in turns] == [2, 4, 6]
    world.later(hours=7)
    assert {run.at(one) for one in people} == {"again"}


def test_end_takes_them_out(world: World) -> None:
    run, priya, marcus = past_due(world)
    act(run, service.resume, Choice("end"))
    assert (run.at(priya), run.at(marcus)) == ("ended: past_due", "ended: past_due")
    assert run.messages()[-1].state == "cancelled"
    assert run.now().state == "finished"


@pytest.mark.parametrize(("what", "hours"), [("flood", 0), ("spread", 0), ("spread", 5000)])
def test_a_made_up_choice_is_refused(what: str, hours: int) -> None:
    with pytest.raises(Refused):
        Choice(what, hours)


def test_a_cancelled_campaign_lets_everybody_out_and_sends_nothing(world: World) -> None:
    people = [world.acme.contact(f"P{n} R", email=f"p{n}@r.example") for n in range(3)]
    run = running(world.acme, FOLLOW_UP, *people)
    act(run, service.cancel)
    assert {run.at(one) for one in people} == {"ended: cancelled"}
    assert {one.state for one in run.messages()} == {"cancelled"}
    assert stream_of(run).closed_at is not None
    world.later(days=10)
    assert len(run.messages()) == 3


def test_large_campaigns_are_wound_up_in_slices(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "SLICE", 2)
    people = [world.acme.contact(f"P{n} R", email=f"p{n}@r.example") for n in range(5)]
    run = running(world.acme, FOLLOW_UP, *people)
    act(run, service.cancel)
    assert {run.at(one) for one in people} == {"ended: cancelled"}


@pytest.mark.parametrize("verb", [service.pause, service.resume])
def test_what_does_not_run_cannot_be_paused_or_resumed(world: World, verb: Callable[..., Any]) -> None:
    run = drafted(world.acme, FOLLOW_UP)
    with pytest.raises(Conflict, match="Nothing was changed"):
        act(run, verb, None)


def test_an_ended_campaign_is_not_cancelled_again_and_takes_nobody(world: World) -> None:
    run = running(world.acme, FOLLOW_UP, world.acme.contact())
    act(run, service.cancel)
    with pytest.raises(Conflict):
        act(run, service.cancel)
    with pytest.raises(Conflict, match="takes nobody"):
        act(run, service.enroll, [world.acme.contact("Marcus Bell", email="m@bell.example").id])


def test_a_campaign_that_nobody_entered_goes_on_waiting_for_people(world: World) -> None:
    run = running(world.acme, FOLLOW_UP)
    world.later(days=1)
    assert run.now().state == "running"


def test_globex_cannot_touch_it(world: World) -> None:
    from loumass.core.errors import NotFound

    run = running(world.acme, FOLLOW_UP, world.acme.contact())
    with world.globex.acting(), pytest.raises(NotFound):
        service.pause(run.id, None)
    assert run.now().state == "running"


def test_the_due_time_of_a_person_who_rests_is_not_asked_before(world: World) -> None:
    """Nothing is scanned again before its time: the agenda holds one row, at the moment of the next."""
    from sqlalchemy import text

    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    with world.acme.acting() as session:
        rows = session.execute(
            text("SELECT next_due_at FROM agenda WHERE organization_id = :id AND job = 'campaigns.advance'"),
            {"id": world.acme.id},
        ).all()
    assert [row.next_due_at for row in rows] == [run.of(priya).due_at]
    assert run.due(priya) > clock.now() + timedelta(days=2)
