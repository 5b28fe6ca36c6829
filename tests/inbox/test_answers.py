"""Answers, notes and drafts: on the channel and thread they wrote on."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from loumass.accounts.models import User
from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.contacts.suppression import suppress
from loumass.core import clock
from loumass.inbox.models import Draft
from loumass.messages.models import Attachment, Conversation, Message
from loumass.messages.service import shown
from tests.channels.connected import sandbox_mailbox
from tests.inbox.desk import PRIYA, change, channel_of, names, outgoing, replied, talk_of
from tests.messages.letters import (
    MAYA,
    brings,
    count_of,
    email,
    mailbox,
    number,
    one,
    rows,
    sms,
    written,
)
from tests.world import World

PHONE = "+13035550164"


def answer(world: World, conversation: Conversation, text: str = "Gladly", **form: object):
    """The agent sends an answer."""
    return world.acme.agent.post(
        f"/inbox/{conversation.id}/replies", {"kind": "email", "act": "send", "text": text, **form}
    )


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


def test_drafts_are_kept_for_each_way_and_person(world: World) -> None:
    conversation = replied(world)
    saved = world.acme.agent.post(
        f"/inbox/{conversation.id}/draft", {"kind": "email", "text": "Hi Priya, of course"}
    )
    assert saved.text == "Draft saved"
    world.acme.agent.post(f"/inbox/{conversation.id}/draft", {"kind": "note", "text": "Ask Joel"})
    page = world.acme.agent.get(f"/inbox/{conversation.id}")
    assert "Hi Priya, of course</textarea>" in page.text
    assert "Ask Joel</textarea>" in world.acme.agent.get(f"/inbox/{conversation.id}?way=note").text
    assert "of course" not in world.acme.member.get(f"/inbox/{conversation.id}").text
    answer(world, conversation, "Hi Priya, of course")
    assert [draft.kind for draft in rows(world.acme, Draft)] == ["note"]


def test_an_emptied_draft_is_gone(world: World) -> None:
    conversation = replied(world)
    world.acme.agent.post(f"/inbox/{conversation.id}/draft", {"kind": "email", "text": "Hi"})
    assert world.acme.agent.post(f"/inbox/{conversation.id}/draft", {"kind": "email", "text": " "}).text == ""
    assert count_of(world.acme, Draft) == 0
    assert (
        world.acme.agent.post(f"/inbox/{conversation.id}/draft", {"kind": "x", "text": "Hi"}).status_code
        == 422
    )


def test_files_go_out_with_the_answer(world: World) -> None:
    conversation = replied(world)
    files = [(io.BytesIO(b"%PDF-1.4 plan"), "../plan.pdf"), (io.BytesIO(b"a,b"), "list.csv")]
    page = world.acme.agent.post(
        f"/inbox/{conversation.id}/files",
        {"kind": "email", "text": "With the plan", "files": files},
        content_type="multipart/form-data",
    )
    assert page.status_code == 302
    thread = world.acme.agent.get(f"/inbox/{conversation.id}").text
    assert "plan.pdf" in thread
    assert "With the plan</textarea>" in thread
    assert "plan.pdf" not in world.acme.member.get(f"/inbox/{conversation.id}").text
    extra = one(world.acme, Attachment, file_name="list.csv")
    assert world.acme.member.post(f"/inbox/files/{extra.id}/removal").status_code == 404
    world.acme.agent.post(f"/inbox/files/{extra.id}/removal")
    answer(world, conversation, "With the plan")
    (message,) = outgoing(world)
    file = one(world.acme, Attachment)
    assert (file.message_id, file.conversation_id, file.file_name, file.content_type) == (
        message.id,
        None,
        "plan.pdf",
        "application/pdf",
    )


def test_texts_carry_no_files(world: World) -> None:
    brings(world.acme, number(world.acme), sms("+17205550117"))
    conversation = one(world.acme, Conversation)
    world.acme.agent.post(
        f"/inbox/{conversation.id}/files",
        {"files": [(io.BytesIO(b"x"), "x.txt")]},
        content_type="multipart/form-data",
    )
    page = answer(world, conversation, "Here", kind="sms")
    assert page.status_code == 422
    assert "Texts cannot carry files" in page.text


def test_no_file_chosen_is_said(world: World) -> None:
    conversation = replied(world)
    assert (
        world.acme.agent.post(
            f"/inbox/{conversation.id}/files", {}, content_type="multipart/form-data"
        ).status_code
        == 422
    )


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


def test_closing_opening_and_putting_off(world: World) -> None:
    conversation = replied(world)
    agent = world.acme.agent
    agent.post(f"/inbox/{conversation.id}/closure")
    agent.post(f"/inbox/{conversation.id}/opening")
    assert talk_of(world, conversation.id).closed_at is None
    agent.post(f"/inbox/{conversation.id}/snooze", {"until": "3d"})
    assert names(agent.get("/inbox?view=open")) == []
    assert names(agent.get("/inbox?view=snoozed")) == ["Priya Raman"]
    world.later(days=3, hours=1)
    after = talk_of(world, conversation.id)
    assert after.snoozed_until is None
    assert after.unread_since is not None
    assert names(agent.get("/inbox")) == ["Priya Raman"]


def test_a_reply_brings_back_what_was_put_off(world: World) -> None:
    conversation = replied(world)
    world.acme.agent.post(f"/inbox/{conversation.id}/snooze", {"at": "2026-03-09T14:30"})
    until = talk_of(world, conversation.id).snoozed_until
    assert until is not None
    assert until.isoformat() == "2026-03-09T20:30:00+00:00"
    brings(world.acme, channel_of(world, conversation), email(PRIYA, "Still there?"))
    assert names(world.acme.agent.get("/inbox")) == ["Priya Raman"]


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01T10:00"])
def test_a_time_that_makes_no_sense_changes_nothing(world: World, until: str) -> None:
    conversation = replied(world)
    assert world.acme.agent.post(f"/inbox/{conversation.id}/snooze", {"until": until}).status_code == 422
    assert talk_of(world, conversation.id).snoozed_until is None


def test_only_who_may_answer_is_given_a_conversation(world: World) -> None:
    conversation = replied(world)
    for somebody in (world.acme.viewer.id, world.globex.agent.id, "nonsense"):
        assert (
            world.acme.agent.post(f"/inbox/{conversation.id}/assignee", {"user": str(somebody)}).status_code
            == 422
        )
    world.acme.agent.post(f"/inbox/{conversation.id}/assignee", {"user": str(world.acme.member.id)})
    assert talk_of(world, conversation.id).assignee_id == world.acme.member.id
    world.acme.agent.post(f"/inbox/{conversation.id}/assignee", {"user": ""})
    assert talk_of(world, conversation.id).assignee_id is None


@pytest.mark.parametrize(
    "deed", ["closure", "opening", "snooze", "assignee", "unread", "answered", "draft", "files"]
)
def test_a_viewer_does_nothing_in_the_inbox(world: World, deed: str) -> None:
    conversation = replied(world)
    assert world.acme.viewer.post(f"/inbox/{conversation.id}/{deed}").status_code == 403
    assert world.globex.agent.post(f"/inbox/{conversation.id}/{deed}").status_code == 404


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


def test_an_answer_leaves_through_the_channel_and_is_sent(world: World) -> None:
    box = sandbox_mailbox(world.acme, MAYA)
    asked = written(world.acme, box, world.acme.contact())
    brings(world.acme, box, email(PRIYA, in_reply_to=asked.rfc_message_id))
    answer(world, talk_of(world, asked.conversation_id))
    world.work()
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
