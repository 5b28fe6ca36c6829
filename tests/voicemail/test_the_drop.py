"""A recording from the funnel into the mailbox: accepted, then delivered or not."""

from __future__ import annotations

from tests.campaigns.cast import drop, running, step, wait
from tests.fakes.slybroadcast import FakeSlybroadcast
from tests.fakes.sounds import mp3
from tests.voicemail.calls import caller_id, path_of, recording, somebody, told
from tests.world import World


def _run(world: World, *people, **sound):
    channel = caller_id(world.acme)
    steps = [drop("call", **(sound or recording(world.acme))), wait("pause", amount=3, unit="days"), step("done", "end")]
    return running(world.acme, steps, *people, voicemail_channel_id=channel.id)


def test_a_recording_is_accepted_then_delivered_and_the_inbox_plays_it(
    world: World, drops: FakeSlybroadcast
) -> None:
    priya = somebody(world.acme)
    run = _run(world, priya)
    (sent,) = drops.drops
    (message,) = run.messages()
    assert (message.state, message.provider_message_id, message.delivered_at) == ("sent", sent["session_id"], None)
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
