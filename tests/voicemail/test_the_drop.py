"""A recording from the funnel into the mailbox: accepted, then delivered or not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from loumass.contacts.models import Suppression
from loumass.core import clock
from loumass.deliveries.models import AwaitedReport, Delivery
from loumass.events.models import Event
from loumass.inbox.cards import state_of
from tests.campaigns.cast import drop, running, step, wait
from tests.fakes.forms import ACCEPT_THEN_CUT
from tests.fakes.slybroadcast import FakeSlybroadcast, error
from tests.fakes.sounds import mp3
from tests.voicemail.calls import caller_id, path_of, recording, somebody, told
from tests.world import World


def _run(world: World, *people, **sound):
    channel = caller_id(world.acme)
    steps = [
        drop("call", **(sound or recording(world.acme))),
        wait("pause", amount=3, unit="days"),
        step("done", "end"),
    ]
    return running(world.acme, steps, *people, voicemail_channel_id=channel.id)


def test_a_recording_is_accepted_then_delivered_and_the_inbox_plays_it(
    world: World, drops: FakeSlybroadcast
) -> None:
    priya = somebody(world.acme)
    run = _run(world, priya)
    (sent,) = drops.drops
    (message,) = run.messages()
    assert (message.state, message.provider_message_id, message.delivered_at) == (
        "sent",
        sent["session_id"],
        None,
    )
    assert run.at(priya) == "pause"
    page = world.acme.agent.get(f"/contacts/{priya.id}").get_data(as_text=True)
    assert "Accepted" in page
    assert "Recording: Front desk" in page
    fetched = world.stranger().get(path_of(sent["c_url"]))
    assert fetched.data == mp3(12)
    answer = told(world, sent)
    assert (answer.status_code, answer.data) == (200, b"OK")
    world.work()
    (message,) = run.messages()
    assert message.delivered_at is not None
    page = world.acme.agent.get(f"/contacts/{priya.id}").get_data(as_text=True)
    assert "Delivered" in page
    assert "<audio" in page


def test_a_disposition_is_stored_before_it_is_understood_and_replays_change_nothing(
    world: World, drops: FakeSlybroadcast
) -> None:
    run = _run(world, somebody(world.acme))
    (sent,) = drops.drops
    for _ in range(3):
        assert told(world, sent, "failed", "Voicemail box is full").data == b"OK"
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
        assert (
            session.scalar(select(func.count()).select_from(Event).where(Event.kind == "message.bounced"))
            == 0
        )
    world.work()
    told(world, sent, "failed", "Voicemail box is full")
    world.work()
    (message,) = run.messages()
    assert (message.state, message.is_bounce_permanent) == ("sent", False)
    assert "Voicemail box is full" in (message.reason or "")
    with world.acme.acting() as session:
        assert (
            session.scalar(select(func.count()).select_from(Event).where(Event.kind == "message.bounced"))
            == 1
        )
        assert session.scalar(select(func.count()).select_from(Suppression)) == 0
    page = world.acme.agent.get(f"/contacts/{message.contact_id}").get_data(as_text=True)
    assert "Not delivered" in page


def test_a_number_that_can_never_be_reached_is_not_called_again(
    world: World, drops: FakeSlybroadcast
) -> None:
    _run(world, somebody(world.acme))
    told(world, drops.drops[0], "failed", "Not a mobile number")
    world.work()
    with world.acme.acting() as session:
        assert session.scalars(select(Suppression.medium)).all() == ["voicemail"]


def test_another_address_is_believed_nothing(world: World, drops: FakeSlybroadcast) -> None:
    run = _run(world, somebody(world.acme))
    (sent,) = drops.drops
    assert told(world, sent, address="/hooks/slybroadcast/guessed?m=x").status_code == 404
    assert (
        told(world, sent, address=sent["c_dispo_url"].replace("/slybroadcast/", "/twilio/")).status_code
        == 404
    )
    world.work()
    assert run.messages()[0].delivered_at is None


def test_a_drop_in_doubt_is_settled_by_its_own_call(world: World, drops: FakeSlybroadcast) -> None:
    drops.on_send["*"] = ACCEPT_THEN_CUT
    run = _run(world, somebody(world.acme))
    (sent,) = drops.drops
    (message,) = run.messages()
    assert (message.state, message.provider_message_id) == ("in_doubt", None)
    world.later(minutes=30)
    assert run.messages()[0].state == "in_doubt"
    assert len(drops.drops) == 1
    told(world, sent)
    world.work()
    (message,) = run.messages()
    assert (message.state, message.provider_message_id) == ("sent", sent["session_id"])
    assert message.delivered_at is not None


@pytest.mark.parametrize(
    ("status", "state"), [(("OK", ""), "delivered"), (("failed", "Voicemail box is full"), "not_dropped")]
)
def test_who_never_calls_is_asked(
    world: World, drops: FakeSlybroadcast, status: tuple[str, str], state: str
) -> None:
    run = _run(world, somebody(world.acme))
    (sent,) = drops.drops
    world.later(minutes=11)
    assert state_of(run.messages()[0]) == "accepted"
    drops.statuses[sent["session_id"]] = status
    world.later(minutes=21)
    assert state_of(run.messages()[0]) == state
    asked = len(drops.requests)
    told(world, sent, *status)
    world.later(hours=12)
    assert len(drops.requests) == asked
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
        assert session.scalar(select(func.count()).select_from(AwaitedReport)) == 0


def test_without_consent_nothing_is_dropped_and_the_night_is_quiet(
    world: World, drops: FakeSlybroadcast
) -> None:
    stranger = world.acme.contact("Tom Okafor", None, "+17205550109", timezone="America/Denver")
    run = _run(world, stranger)
    (message,) = run.messages()
    assert (message.state, message.reason_code) == ("cancelled", "no_consent")
    clock.advance(timedelta(hours=13))
    run = _run(world, somebody(world.acme))
    (message,) = run.messages()
    assert (message.state, message.waiting_for) == ("queued", "quiet_hours")
    world.later(hours=11)
    assert [one.state for one in run.messages()] == ["sent"]


def test_a_refused_number_fails_with_its_reason_and_a_refused_login_pauses_the_caller_id(
    world: World, drops: FakeSlybroadcast
) -> None:
    drops.on_send["7205550100"] = error("This number is on your do not call list")
    drops.on_send["7205550101"] = error("Your account is suspended")
    run = _run(world, somebody(world.acme))
    (message,) = run.messages()
    assert (message.state, message.reason_code) == ("failed", "refused")
    run = _run(world, somebody(world.acme, "+17205550101"))
    (message,) = run.messages()
    assert message.state == "queued"
    assert "suspended" in world.acme.admin.get("/channels").get_data(as_text=True)


def test_the_link_outlives_the_drop_and_ends(world: World, drops: FakeSlybroadcast) -> None:
    _run(world, somebody(world.acme))
    path = path_of(drops.drops[0]["c_url"])
    world.later(days=29)
    assert world.stranger().get(path).status_code == 200
    world.later(days=2)
    assert world.stranger().get(path).status_code == 404
