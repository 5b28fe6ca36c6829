"""Campaigns with everything real behind them: the sandbox's mailbox, the delivering process, its news."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loumass.campaigns import service
from loumass.core import clock
from loumass.messages.models import Conversation
from tests.campaigns.cast import Run, running, send, step, text_to, wait
from tests.campaigns.test_states import act
from tests.messages.sending import mailbox, number
from tests.world import World

FOLLOW_UP = [
    send("hello"),
    wait("pause", amount=3, unit="days", after="sent"),
    send("again"),
    step("done", "end"),
]


def delivered(world: World, steps, *people, **details) -> Run:
    """A running campaign on sandbox channels that really deliver, without limits."""
    email = mailbox(world.acme, "events@acme.example", **details.pop("limits", {}))
    sms = number(world.acme, "+13035550199")
    return running(world.acme, steps, *people, email_channel_id=email.id, sms_channel_id=sms.id, **details)


def test_a_person_walks_from_the_first_message_to_the_wait_by_itself(world: World) -> None:
    priya = world.acme.contact(email="priya.silent@foothill.example")
    run = delivered(world, FOLLOW_UP, priya)
    [message] = run.messages()
    assert message.state == "sent"
    assert message.rfc_message_id is not None
    one = run.of(priya)
    assert (run.at(priya), one.status, one.last_sent_at, one.last_message_id) == (
        "pause",
        "Messaged",
        message.sent_at,
        message.id,
    )


def test_a_full_day_holds_people_at_their_step_and_says_so(world: World) -> None:
    people = [world.acme.contact(f"P{n} R", email=f"p{n}.silent@r.example") for n in range(3)]
    run = delivered(world, FOLLOW_UP, *people, limits={"daily_cap": 1})
    places = sorted(run.at(one) for one in people)
    assert places == ["hello", "hello", "pause"]
    waiting = next(run.of(one) for one in people if run.at(one) == "hello")
    with world.acme.acting():
        here = service.standings([waiting])[waiting.id]
    assert here.why.sentence == "events@acme.example has used its 1 messages of today"
    assert here.due_at is not None
    world.later(hours=16)
    assert sorted(run.at(one) for one in people) == ["hello", "pause", "pause"]


def test_pausing_stops_what_is_queued_and_resuming_lets_it_go(world: World) -> None:
    people = [world.acme.contact(f"P{n} R", email=f"p{n}.silent@r.example") for n in range(3)]
    run = delivered(world, FOLLOW_UP, *people, limits={"daily_cap": 1})
    act(run, service.pause, None)
    world.later(days=2)
    assert sorted(one.state for one in run.messages()) == ["queued", "queued", "sent"]
    act(run, service.resume, service.Choice("continue"))
    assert sorted(one.state for one in run.messages()) == ["queued", "sent", "sent"]


def test_spreading_gives_queued_messages_their_turns(world: World) -> None:
    people = [world.acme.contact(f"P{n} R", email=f"p{n}.silent@r.example") for n in range(4)]
    run = delivered(world, FOLLOW_UP, *people, limits={"state": "paused"})
    act(run, service.pause, None)
    world.later(hours=3)
    before = clock.now()
    act(run, service.resume, service.Choice("spread", hours=4))
    hours = sorted(round((one.due_at - before) / timedelta(hours=1)) for one in run.messages() if one.due_at)
    assert hours == [0, 1, 2, 3]


def test_follow_ups_are_one_conversation_unless_the_campaign_says_otherwise(world: World) -> None:
    from sqlalchemy import func, select

    for in_thread, conversations in ((True, 1), (False, 2)):
        priya = world.acme.contact(f"Priya {in_thread}", email=f"priya.{in_thread}.silent@foothill.example")
        email = mailbox(world.acme, f"events.{in_thread}@acme.example")
        run = (
            running(
                world.acme,
                FOLLOW_UP,
                priya,
                email_channel_id=email.id,
                sms_channel_id=None,
                is_reply_in_thread=in_thread,
            )
            if in_thread
            else _again(world, priya, email.id)
        )
        world.later(days=4)
        first, second = run.messages(priya)
        with world.acme.acting() as session:
            count = session.scalar(
                select(func.count()).select_from(Conversation).where(Conversation.contact_id == priya.id)
            )
        assert count == conversations
        assert second.in_reply_to == (first.rfc_message_id if in_thread else None)


def _again(world: World, priya, channel_id) -> Run:
    """A second campaign, whose follow-ups each open a thread."""
    from loumass.campaigns.enrolling import enroll
    from loumass.campaigns.models import Campaign
    from loumass.campaigns.waking import wake_engine
    from loumass.core.ids import uuid7
    from loumass.messages.models import Stream
    from tests.campaigns.cast import graph

    with world.acme.acting() as session:
        graph_id, nodes = graph(session, FOLLOW_UP)
        campaign_id = uuid7()
        session.add(Stream(id=campaign_id))
        session.flush()
        session.add(
            Campaign(
                id=campaign_id,
                graph_id=graph_id,
                name="Apart",
                state="running",
                email_channel_id=channel_id,
                is_reply_in_thread=False,
            )
        )
        session.flush()
        enroll(campaign_id, [priya.id])
        wake_engine([campaign_id])
        session.commit()
    world.work()
    return Run(world.acme, campaign_id, nodes, None, None)  # pyright: ignore[reportArgumentType]


def test_a_suppressed_address_is_skipped_by_the_gate_and_the_person_goes_on(world: World) -> None:
    from loumass.contacts.models import Suppression
    from loumass.core.secrets import keyed_hash

    priya = world.acme.contact(email="priya.silent@foothill.example", phone="+13035550117")
    with world.acme.acting() as session:
        session.add(
            Suppression(
                medium="email",
                address_hash=keyed_hash("priya.silent@foothill.example"),
                address="priya.silent@foothill.example",
                reason="bounced",
            )
        )
        session.commit()
    run = delivered(world, [send("hello"), text_to("text"), step("done", "end")], priya)
    assert run.path(priya)[0] == ("hello", "skipped: suppressed")
    assert [one.medium for one in run.messages() if one.state == "sent"] == ["sms"]


@pytest.mark.parametrize(
    ("behaviour", "place"),
    [
        ("replies", "ended: replied"),
        ("bounces", "ended: bounced"),
        ("optsout", "ended: opted_out"),
        ("silent", "again"),
    ],
)
def test_people_behave_and_the_funnel_reacts(world: World, behaviour: str, place: str) -> None:
    anna = world.acme.contact("Anna Miller", email=f"anna.{behaviour}@people.example")
    run = delivered(
        world,
        [
            send("hello"),
            wait("pause", amount=9, unit="days"),
            wait("again", amount=30, unit="days", after="entered"),
            step("done", "end"),
        ],
        anna,
    )
    world.later(days=10)
    assert run.at(anna) == place
    assert (run.of(anna).status == "Needs BDR") == (behaviour == "replies")
