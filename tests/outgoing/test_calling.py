"""Calls to other systems: signed, retried with patience, never to a private address, and never lost by a crash."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from loumass.campaigns.service import cancel, pause, resume
from loumass.contacts.models import Contact, ContactField
from loumass.core import clock, network
from loumass.core.tenancy import serving, transaction
from loumass.outgoing import claiming, jobs, sending
from loumass.outgoing.models import WebhookHost
from loumass.outgoing.recording import pause_after
from tests.fakes.forms import ACCEPT_THEN_CUT, HANG, Reply
from tests.fakes.receiver import FakeReceiver
from tests.outgoing.telling import attempts, calls, secret_of, telling
from tests.world import World


def test_a_call_is_signed_says_what_was_chosen_and_lets_them_go_on(
    world: World, receiver: FakeReceiver
) -> None:
    priya = world.acme.contact(company="Foothill", fields={"shoe": "42", "size": "L"}, phone="+13035550164")
    # What the answer says fills what the step named, where it is of the type, and nothing else.
    receiver.answers = [
        Reply(
            200,
            b'{"data": {"score": 87, "vip": true, "city": "Boulder"}, "email": "evil@x.example", "rank": "first"}',
        )
    ]
    fills = "data.score -> lead score (number)\ndata.vip -> vip (yes/no)\ndata.city -> city\nrank -> rank (number)\nnone.at -> nothing"
    run = telling(world, receiver.url, priya, custom="shoe", fills=fills, event="lead.ready")
    [called], [call] = receiver.calls, calls(world.acme)
    assert called.is_signed_by(secret_of(world.acme))
    assert not called.is_signed_by("whsec_" + "A" * 43 + "=")
    assert (called.path, called.headers["content-type"], called.id) == (
        "/in?x=1",
        "application/json",
        str(call.id),
    )
    said = called.said
    assert said["contact"] == {
        "id": str(priya.id),
        "email": "priya@foothill.example",
        "first_name": "Priya",
        "fields": {"shoe": "42"},
    }
    assert (said["id"], said["type"], said["step"]) == (
        str(call.id),
        "lead.ready",
        {"id": "tell", "name": "Tell"},
    )
    assert said["organization"] == {"id": str(world.acme.id), "name": "Acme"}
    assert said["campaign"] == {"id": str(run.id), "name": "Broker Night"}
    assert run.path(priya) == [("tell", "next"), ("told", "told")]
    with world.acme.acting() as session:
        after = session.get_one(Contact, (world.acme.id, priya.id))
        assert after.fields == {"shoe": "42", "size": "L", "lead_score": "87", "vip": "yes"}
        assert (after.city, after.email) == ("Boulder", "priya@foothill.example")
        assert set(session.scalars(select(ContactField.key))) == {"lead_score", "vip"}
    [attempt] = attempts(world.acme)
    assert (attempt.number, attempt.status, attempt.answer[:9]) == (1, 200, '{"data": ')
    # Who need not wait goes on at once, and the call goes all the same, once.
    tom = world.acme.contact("Tom", "tom@x.example")
    receiver.answers = [ACCEPT_THEN_CUT]
    at_once = telling(world, receiver.url, tom, waits="go_on")
    assert at_once.at(tom) == "ended: told"
    assert len(receiver.calls) == 2
    world.later(minutes=5)
    first, second = receiver.calls[1:]
    assert first.id == second.id, "the receiver can tell that it is the same"
    assert first.body == second.body


def test_what_is_tried_again_what_is_not_and_when_it_is_given_up(
    world: World, receiver: FakeReceiver
) -> None:
    people = world.acme.contacts([{"name": f"P{n}", "email": f"p{n}@x.example"} for n in range(4)])
    receiver.answers = [Reply(503, b"busy", {"Retry-After": "1800"})]
    busy = telling(world, receiver.url, people[0])
    [call] = calls(world.acme)
    assert (call.state, call.problem) == ("queued", "It answered 503 Service Unavailable.")
    assert call.due_at is not None
    assert call.due_at - clock.now() > timedelta(minutes=29), "as long as it asked for"
    assert "is being told and has not answered yet" in str(busy.of(people[0]).waiting_for)
    world.later(minutes=20)
    assert len(receiver.calls) == 1
    world.later(minutes=15)
    assert busy.at(people[0]) == "ended: told"
    # Gone is gone, and a redirect is followed nowhere.
    receiver.answers = [Reply(410), Reply(302, b"", {"Location": "http://169.254.169.254/"})]
    gone, moved = telling(world, receiver.url, people[1]), telling(world, receiver.url, people[2])
    assert [gone.at(people[1]), moved.at(people[2])] == ["ended: lost", "ended: lost"]
    assert "wants no more calls" in calls(world.acme)[1].problem
    assert "redirect" in calls(world.acme)[2].problem
    assert len(receiver.calls) == 4
    # What answers nothing but errors is given up after eight tries within a day.
    receiver.answers = [Reply(401)] * 9
    wrong = telling(world, receiver.url, people[3])
    # By half hours: pauses vary by a quarter, and each that had to wait for a whole one might bring the eighth try beyond the day.
    for _ in range(60):
        world.later(minutes=30)
    assert wrong.at(people[3]) == "ended: lost"
    assert len(receiver.calls) == 4 + 8
    last = calls(world.acme)[-1]
    assert (last.state, last.status, last.attempts) == ("failed", 401, 8)
    assert last.ended_at is not None
    assert last.ended_at - last.created_at <= timedelta(hours=24)
    # By hand, with the same id; the person has left and is not moved again.
    answer = world.acme.admin.post(f"/webhooks/{last.id}/resend")
    assert answer.status_code == 303
    receiver.answers = []
    world.work()
    assert (receiver.calls[-1].id, calls(world.acme)[-1].state) == (str(last.id), "delivered")
    assert wrong.at(people[3]) == "ended: lost"
    assert world.acme.admin.get(f"/webhooks/{last.id}").text.count("401 Unauthorized") == 8


def test_private_addresses_huge_and_endless_answers(
    world: World, receiver: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c, d = world.acme.contacts([{"name": f"P{n}", "email": f"p{n}@x.example"} for n in range(4)])
    receiver.answers = [Reply(200, b'{"city": "Boulder"}' + b" " * 200_000)]
    huge = telling(world, receiver.url, a, fills="city -> city")
    assert huge.at(a) == "ended: told", "it said yes; nobody reads on"
    with world.acme.acting() as session:
        assert session.get_one(Contact, (world.acme.id, a.id)).city == ""
    assert len(attempts(world.acme)[0].answer) == 2000
    monkeypatch.setattr(sending, "TIMEOUT", 0.3)
    receiver.answers = [HANG]
    silent = telling(world, receiver.url, b)
    assert calls(world.acme)[-1].problem == "Nobody answered in time."
    assert silent.at(b) == "tell"
    monkeypatch.setattr(network, "_allowed", frozenset())
    before = len(receiver.calls)
    private = telling(world, receiver.url.replace("127.0.0.1", "localhost"), c)
    assert private.at(c) == "ended: lost"
    assert "is not a public address" in calls(world.acme)[-1].problem
    assert telling(world, "http://169.254.169.254/latest/meta-data", d).at(d) == "ended: lost"
    assert len(receiver.calls) == before


def test_a_dead_host_rests_and_a_live_one_is_called_by_few_at_once(
    world: World, receiver: FakeReceiver
) -> None:
    people = world.acme.contacts([{"name": f"P{n}", "email": f"p{n}@x.example"} for n in range(12)])
    receiver.answers = [ACCEPT_THEN_CUT] * 12
    run = telling(world, receiver.url, *people)
    # Five were tried, then it was left alone; what waits is not asked about meanwhile and loses no try.
    assert len(receiver.calls) == claiming.AT_ONCE == claiming.MOST_FAILURES
    assert sum(call.attempts for call in calls(world.acme)) == 5
    with world.acme.acting() as session:
        [host] = session.scalars(select(WebhookHost)).all()
    assert host.rests_until is not None
    assert timedelta(seconds=50) < host.rests_until - clock.now() <= timedelta(minutes=1)
    assert "rests until" in world.acme.admin.get("/webhooks").text
    world.later(seconds=65)
    assert len(receiver.calls) == 6, "one alone finds out whether it is back"
    receiver.answers = []
    world.later(hours=2)
    assert {run.at(person) for person in people} == {"ended: told"}
    # All that are claimed at once are called at once, and never more: each waits for the others to be answered.
    receiver.together = Barrier(claiming.AT_ONCE)
    more = world.acme.contacts([{"name": f"Q{n}", "email": f"q{n}@x.example"} for n in range(10)])
    again = telling(world, receiver.url, *more)
    assert {again.at(person) for person in more} == {"ended: told"}


def test_a_worker_killed_between_attempt_and_outcome(
    world: World, receiver: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    priya = world.acme.contact()

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(jobs, "record", killed)
    with pytest.raises(Killed):
        telling(world, receiver.url, priya)
    monkeypatch.undo()
    monkeypatch.setattr(network, "_allowed", frozenset({receiver.host}))
    [call], [attempt] = calls(world.acme), attempts(world.acme)
    assert (call.state, call.attempts, attempt.ended_at) == ("calling", 1, None)
    world.bell.rings.clear()
    world.work()
    assert len(receiver.calls) == 1, "whoever took it may still be at it"
    world.later(minutes=2)
    world.later(minutes=1)
    assert [one.id for one in receiver.calls] == [str(call.id)] * 2
    first, second = attempts(world.acme)
    assert "Whether the call arrived is not known" in first.problem
    assert (second.number, second.status) == (2, 200)
    assert calls(world.acme)[0].state == "delivered"


def test_a_pause_holds_calls_back_and_a_cancelled_campaign_makes_none(
    world: World, receiver: FakeReceiver
) -> None:
    priya, tom = world.acme.contacts(
        [{"name": "Priya", "email": "p@x.example"}, {"name": "Tom", "email": "t@x.example"}]
    )
    receiver.answers = [ACCEPT_THEN_CUT, ACCEPT_THEN_CUT]
    run, other = telling(world, receiver.url, priya), telling(world, receiver.url, tom)
    with world.acme.acting() as session:
        pause(run.id, None)
        cancel(other.id)
        session.commit()
    world.later(hours=30)
    states = {call.stream_id: (call.state, call.waiting_for) for call in calls(world.acme)}
    assert states == {run.id: ("queued", "campaign_paused"), other.id: ("cancelled", None)}
    assert len(receiver.calls) == 2
    with world.acme.acting() as session:
        resume(run.id)
        session.commit()
    world.work()
    assert (len(receiver.calls), run.at(priya)) == (3, "ended: told")


def test_a_sweep_finds_what_nobody_rang_for(world: World, receiver: FakeReceiver) -> None:
    receiver.answers = [ACCEPT_THEN_CUT]
    telling(world, receiver.url, world.acme.contact())
    with serving(world.acme.id), transaction():
        [wake] = jobs.sweep()
    assert (wake.job, wake.arguments) == ("outgoing.deliver", (receiver.host,))
    assert wake.at > clock.now()


@pytest.mark.parametrize("tries", range(1, 9))
def test_pauses_grow_and_all_fit_into_a_day(tries: int) -> None:
    found = {pause_after(tries) for _ in range(50)}
    middle = min(timedelta(seconds=20) * 4 ** (tries - 1), timedelta(hours=8))
    assert all(middle * 0.75 <= one <= middle * 1.25 for one in found)
    assert len(found) > 40
    assert sum((pause_after(n) for n in range(1, 8)), timedelta()) < timedelta(hours=24)
