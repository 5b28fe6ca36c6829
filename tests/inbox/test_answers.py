"""Answers, notes and drafts: on the channel and thread they wrote on."""

from __future__ import annotations

import pytest

from loumass.accounts.models import User
from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.contacts.suppression import suppress
from loumass.inbox.models import Draft
from loumass.messages.models import Conversation, Message
from loumass.messages.service import shown
from tests.inbox.answering import answer
from tests.inbox.desk import PRIYA, change, outgoing, replied, talk_of
from tests.messages.letters import (
    MAYA,
    brings,
    mailbox,
    number,
    one,
    sms,
)
from tests.world import World

PHONE = "+13035550164"


def test_an_answer_goes_out_on_the_same_channel_and_thread(world: World) -> None:
    conversation = replied(world)
    question = one(world.acme, Message, direction="in")
    page = answer(world, conversation, "Bring Joel, gladly")
    assert page.status_code == 302
    (message,) = outgoing(world)
    assert (message.to_address, message.reply_text, message.priority) == (PRIYA, "Bring Joel, gladly", 10)
    assert message.conversation_id == conversation.id
    assert message.channel_id == conversation.channel_id
    assert message.author_id == world.acme.agent.id
    assert message.in_reply_to == question.rfc_message_id
    assert message.references[-1] == question.rfc_message_id
    assert message.subject == "Re: A seat for you"
    assert message.merge_values is None


def test_whoever_was_answered_waits_no_longer(world: World) -> None:
    conversation = replied(world)
    answer(world, conversation)
    after = talk_of(world, conversation.id)
    assert after.needs_reply_since is after.unread_since is after.closed_at is None
    assert after.assignee_id == world.acme.agent.id


def test_send_and_close_closes_and_shows_the_next_person(world: World) -> None:
    first = replied(world)
    brings(world.acme, number(world.acme), sms("+17205550117"))
    following = one(world.acme, Conversation, medium="sms")
    page = answer(world, first, act="send-close", next=str(following.id))
    assert page.headers["Location"].endswith(f"/inbox/{following.id}")
    assert talk_of(world, first.id).closed_at is not None


def test_a_text_is_answered_by_text_from_the_same_number(world: World) -> None:
    world.acme.contact(phone=PHONE)
    mailbox(world.acme)
    line = number(world.acme)
    brings(world.acme, line, sms(PHONE))
    conversation = one(world.acme, Conversation)
    page = world.acme.agent.get(f"/inbox/{conversation.id}")
    assert "<b>+1 303 555 0199</b>" in page.text
    answer(world, conversation, "It is Maya", kind="sms")
    (message,) = outgoing(world)
    assert (message.medium, message.channel_id, message.to_address) == ("sms", line.id, PHONE)
    assert message.subject == ""


def test_somebody_unknown_is_answered_too(world: World) -> None:
    brings(world.acme, number(world.acme), sms("+17205550117"))
    answer(world, one(world.acme, Conversation), "Maya from Acme", kind="sms")
    assert outgoing(world)[0].to_address == "+17205550117"


def test_the_other_medium_opens_a_conversation_of_its_own(world: World) -> None:
    conversation = replied(world)
    change(world, Contact, conversation.contact_id, phone=PHONE)
    line = number(world.acme)
    answer(world, conversation, "By text now", kind="sms")
    (message,) = outgoing(world)
    opened = talk_of(world, message.conversation_id)
    assert (opened.channel_id, opened.thread_key, opened.contact_id) == (
        line.id,
        PHONE,
        conversation.contact_id,
    )


def test_merge_tags_are_filled_in_when_it_is_sent(world: World) -> None:
    conversation = replied(world)
    answer(
        world,
        conversation,
        'Hi {{contact.first_name}}, {{contact.company|fallback:"your firm"}} is on the list. {{organization.name}}',
    )
    (message,) = outgoing(world)
    assert message.reply_text == "Hi Priya, your firm is on the list. Acme"
    with world.acme.acting():
        assert shown([message])[message.id].text.startswith("Hi Priya, your firm is on the list. Acme\n\nOn ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hi {{contact.frist_name}}", "first_name"),
        ("{{contact.company}} is on the list", "There is no value for {{contact.company}} here"),
        ("   ", "There is nothing to send yet"),
        ("x" * 50_001, "longer than 50,000 letters"),
    ],
)
def test_what_cannot_be_sent_is_explained_and_kept(world: World, text: str, sentence: str) -> None:
    conversation = replied(world)
    page = answer(world, conversation, text)
    assert page.status_code == 422
    assert sentence in page.text.replace("&#39;", "'")
    assert outgoing(world) == []
    if text.strip():
        assert one(world.acme, Draft).text == text
    assert talk_of(world, conversation.id).needs_reply_since is not None


def test_a_text_of_many_segments_is_refused(world: World) -> None:
    brings(world.acme, number(world.acme), sms("+17205550117"))
    page = answer(world, one(world.acme, Conversation), "é☃" * 400, kind="sms")
    assert page.status_code == 422
    assert "segments long" in page.text


def test_nobody_answers_who_opted_out(world: World) -> None:
    conversation = replied(world)
    with world.acme.acting() as session:
        suppress("email", [PRIYA], "unsubscribed")
        session.commit()
    assert "They opted out. Nothing can be sent." in world.acme.agent.get(f"/inbox/{conversation.id}").text
    page = answer(world, conversation, "Please come back")
    assert page.status_code == 422
    assert outgoing(world) == []
    assert one(world.acme, Draft).text == "Please come back"


def test_a_paused_channel_says_that_it_waits(world: World) -> None:
    conversation = replied(world)
    change(world, Channel, conversation.channel_id, state="paused")
    page = world.acme.agent.get(f"/inbox/{conversation.id}")
    assert "Maya is paused. What you send waits until that is mended." in page.text


def test_a_viewer_cannot_reply_and_globex_finds_nothing(world: World) -> None:
    conversation = replied(world)
    form = {"kind": "email", "act": "send", "text": "Hello"}
    assert world.acme.viewer.post(f"/inbox/{conversation.id}/replies", form).status_code == 403
    assert world.globex.agent.post(f"/inbox/{conversation.id}/replies", form).status_code == 404
    assert outgoing(world) == []


def test_a_way_that_does_not_exist_is_refused(world: World) -> None:
    conversation = replied(world)
    assert answer(world, conversation, kind="sms").status_code == 422
    assert answer(world, conversation, kind="pigeon").status_code == 422
    assert outgoing(world) == []


def test_a_note_stays_in_the_house(world: World) -> None:
    conversation = replied(world)
    answer(world, conversation, "She brings Joel.\x00", kind="note")
    note = one(world.acme, Message, direction="note")
    assert (note.text, note.state, note.conversation_id) == ("She brings Joel.", "note", conversation.id)
    assert talk_of(world, conversation.id).needs_reply_since is not None
    assert "Note by Ann Agent" in world.acme.agent.get(f"/inbox/{conversation.id}").text
    assert outgoing(world) == []


def test_the_answer_box_says_who_answers(world: World) -> None:
    conversation = replied(world)
    page = world.acme.agent.get(f"/inbox/{conversation.id}").text
    assert f"from <b>{MAYA}</b>" in page
    assert f"to {PRIYA}" in page


def test_a_signature_is_a_merge_tag_of_the_writer(world: World) -> None:
    conversation = replied(world)
    with world.acme.acting() as session:
        session.get_one(User, world.acme.agent.id).signature = "Ann, Acme"
        session.commit()
    answer(world, conversation, "Bye\n{{sender.signature}}")
    (message,) = outgoing(world)
    with world.acme.acting():
        assert shown([message])[message.id].text.startswith("Bye\nAnn, Acme\n\nOn ")
