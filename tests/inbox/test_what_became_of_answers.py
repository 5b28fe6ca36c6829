"""An answer that has not left, failed, is in doubt or waits: shown with why, taken back, sent again."""

from __future__ import annotations

from datetime import timedelta

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.messages.models import Message
from tests.channels.connected import sandbox_mailbox
from tests.inbox.answering import answer
from tests.inbox.desk import PRIYA, change, channel_of, outgoing, replied, talk_of
from tests.messages.letters import (
    MAYA,
    brings,
    email,
    mailbox,
    one,
    written,
)
from tests.world import World


def test_an_answer_that_has_not_left_can_be_taken_back(world: World) -> None:
    conversation = replied(world)
    answer(world, conversation)
    (message,) = outgoing(world)
    assert "Take back" in world.acme.agent.get(f"/inbox/{conversation.id}?view=everything").text
    assert world.acme.viewer.post(f"/inbox/messages/{message.id}/withdrawal").status_code == 403
    assert world.acme.agent.post(f"/inbox/messages/{message.id}/withdrawal").status_code == 302
    assert outgoing(world, "cancelled")[0].id == message.id
    assert world.acme.agent.post(f"/inbox/messages/{message.id}/withdrawal").status_code == 409


def test_a_failed_answer_says_why_and_is_sent_again_once(world: World) -> None:
    conversation = replied(world)
    box = channel_of(world, conversation)
    failed = written(world.acme, box, None, to_address=PRIYA, thread_key=conversation.thread_key, state="failed",
                     reason="550 The message was refused.", reason_code="550", author_id=world.acme.agent.id, sent_at=None)  # fmt: skip
    page = world.acme.agent.get(f"/inbox/{conversation.id}").text
    assert "550 The message was refused." in page
    assert "Send again" in page
    assert world.acme.agent.post(f"/inbox/messages/{failed.id}/repetition").status_code == 302
    assert world.acme.agent.post(f"/inbox/messages/{failed.id}/repetition").status_code == 409
    assert [message.text for message in outgoing(world)] == [failed.text]


def test_campaign_messages_are_neither_taken_back_nor_repeated_here(world: World) -> None:
    box = mailbox(world.acme)
    message = written(world.acme, box, world.acme.contact(), state="queued", sent_at=None)
    assert world.acme.agent.post(f"/inbox/messages/{message.id}/withdrawal").status_code == 409
    assert world.acme.agent.post(f"/inbox/messages/{message.id}/repetition").status_code == 409


def test_a_message_in_doubt_is_shown_with_why_and_where_to_decide(world: World) -> None:
    conversation = replied(world)
    box = channel_of(world, conversation)
    written(world.acme, box, None, to_address=PRIYA, thread_key=conversation.thread_key, state="in_doubt",
            reason="The connection was cut.", author_id=world.acme.agent.id, sent_at=None)  # fmt: skip
    page = world.acme.member.get(f"/inbox/{conversation.id}").text
    assert "The connection was cut." in page
    assert "Decide" in page
    assert "Decide" not in world.acme.agent.get(f"/inbox/{conversation.id}").text


def test_a_waiting_answer_says_what_it_waits_for(world: World) -> None:
    conversation = replied(world)
    change(world, Channel, conversation.channel_id, state="paused")
    answer(world, conversation)
    assert "Maya is paused." in world.acme.agent.get(f"/inbox/{conversation.id}?view=everything").text


def test_an_answer_leaves_through_the_channel_and_is_sent(world: World) -> None:
    box = sandbox_mailbox(world.acme, MAYA)
    asked = written(world.acme, box, world.acme.contact())
    brings(world.acme, box, email(PRIYA, in_reply_to=asked.rfc_message_id))
    answer(world, talk_of(world, asked.conversation_id))
    world.later(seconds=10)
    mine = one(world.acme, Message, author_id=world.acme.agent.id)
    assert (mine.state, mine.from_address) == ("sent", MAYA)
    assert mine.rfc_message_id
    assert "Take back" not in world.acme.agent.get(f"/inbox/{asked.conversation_id}").text


def test_time_of_an_old_answer_does_not_move(world: World) -> None:
    conversation = replied(world)
    answer(world, conversation)
    before = talk_of(world, conversation.id).last_message_at
    clock.advance(timedelta(hours=1))
    world.acme.agent.get(f"/inbox/{conversation.id}")
    assert talk_of(world, conversation.id).last_message_at == before
