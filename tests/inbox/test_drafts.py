"""Drafts and the files that wait in them."""

from __future__ import annotations

import io

from loumass.inbox.models import Draft
from loumass.messages.models import Attachment, Conversation
from tests.inbox.answering import answer
from tests.inbox.desk import outgoing, replied
from tests.messages.letters import (
    brings,
    count_of,
    mailbox,
    number,
    one,
    rows,
    sms,
    written,
)
from tests.world import World


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


def test_how_an_answer_is_sent_is_kept_with_what_was_typed(world: World) -> None:
    conversation, agent = replied(world), world.acme.agent
    bare, typed = 'name="bare" value="1" checked', {"kind": "email", "bare": "1"}
    agent.post(f"/inbox/{conversation.id}/draft", {**typed, "text": ""})
    assert count_of(world.acme, Draft) == 0, "a manner without a word is no draft"
    agent.post(f"/inbox/{conversation.id}/draft", {**typed, "text": "Gladly"})
    assert bare in agent.get(f"/inbox/{conversation.id}").text
    refused = agent.post(
        f"/inbox/{conversation.id}/replies", {**typed, "act": "send", "text": "Hi {{ nonsense }}"}
    )
    assert refused.status_code == 422
    assert bare in refused.text
    answer(world, conversation, "Gladly", bare="1")
    assert "wrote:" not in outgoing(world)[-1].text
    assert bare not in agent.get(f"/inbox/{conversation.id}").text
    agent.post(f"/inbox/messages/{outgoing(world)[-1].id}/withdrawal")
    assert bare in agent.get(f"/inbox/{conversation.id}").text


def test_the_chosen_sender_stays_chosen(world: World) -> None:
    acme = world.acme
    first, second = number(acme), number(acme, "+13035550171")
    person = acme.contact("Priya Raman", "priya@foothill.example", phone="+13035550164")
    talk = written(acme, mailbox(acme), person).conversation_id
    page = acme.agent.get(f"/inbox/{talk}?way=sms").text
    assert "selected" not in sender_in(page)
    for chosen in (first, second):
        acme.agent.post(
            f"/inbox/{talk}/draft", {"kind": "sms", "text": "Hi Priya", "channel": str(chosen.id)}
        )
        page = acme.agent.get(f"/inbox/{talk}?way=sms").text
        assert f'value="{chosen.id}" selected' in sender_in(page)


def sender_in(page: str) -> str:
    """The choice of senders on a page."""
    return page.partition('aria-label="Sender"')[2].partition("</select>")[0]


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
