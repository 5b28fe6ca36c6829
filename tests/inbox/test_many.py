"""Several people of the list at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loumass.core import clock
from loumass.messages.models import Conversation
from tests.inbox.desk import PRIYA, names, replied, talk_of
from tests.messages.letters import brings, email, mailbox, number, rows, sms
from tests.world import World

PHONE = "+13035550164"


def furnish(world: World) -> dict[str, Conversation]:
    """Priya has written by e-mail and by text, a stranger by text."""
    world.acme.contact(phone=PHONE)
    brings(world.acme, mailbox(world.acme), email(PRIYA))
    line = number(world.acme)
    brings(world.acme, line, sms(PHONE))
    brings(world.acme, line, sms("+17205550117"))
    return {one.counterpart: one for one in rows(world.acme, Conversation)}


def test_all_conversations_of_those_who_were_chosen_are_closed(world: World) -> None:
    talks = furnish(world)
    page = world.acme.agent.post("/inbox/chosen", {"act": "close", "ids": [str(talks[PRIYA].id)]})
    assert page.headers["Location"].endswith("/inbox")
    assert names(world.acme.agent.get("/inbox")) == ["+1 720 555 0117"]
    assert talk_of(world, talks[PHONE].id).closed_at is not None


def test_undo_brings_them_back_to_where_they_waited(world: World) -> None:
    talks = furnish(world)
    world.acme.agent.post("/inbox/chosen", {"act": "close", "ids": [str(one.id) for one in talks.values()]})
    listed = world.acme.agent.get("/inbox").text
    assert "3 people are closed." in listed
    undo = (
        listed.partition('<form method="post" action="/inbox/chosen?')[2]
        .partition('"')[0]
        .replace("&amp;", "&")
    )
    world.acme.agent.post(f"/inbox/chosen?{undo}")
    assert sorted(names(world.acme.agent.get("/inbox"))) == ["+1 720 555 0117", "Priya Raman"]


@pytest.mark.parametrize(
    ("act", "column"), [("mine", "assignee_id"), ("read", "unread_since"), ("snooze", "snoozed_until")]
)
def test_they_are_taken_over_read_or_put_off(world: World, act: str, column: str) -> None:
    talks = furnish(world)
    world.acme.agent.post("/inbox/chosen?view=unread", {"act": act, "ids": [str(talks[PHONE].id)]})
    values = {getattr(talk_of(world, talks[one].id), column) for one in (PRIYA, PHONE)}
    if act == "snooze":
        assert all(value > clock.now() + timedelta(hours=3) for value in values)
    else:
        assert values == ({world.acme.agent.id} if act == "mine" else {None})
    assert getattr(talk_of(world, talks["+17205550117"].id), column) == getattr(talks["+17205550117"], column)


@pytest.mark.parametrize(
    "form", [{"act": "close"}, {"act": "burn", "ids": "x"}, {"act": "close", "ids": "x"}]
)
def test_what_makes_no_sense_changes_nothing(world: World, form: dict[str, str]) -> None:
    conversation = replied(world)
    assert world.acme.agent.post("/inbox/chosen", form).status_code == 422
    assert talk_of(world, conversation.id).closed_at is None


def test_globex_and_viewers_change_nothing(world: World) -> None:
    conversation = replied(world)
    form = {"act": "close", "ids": [str(conversation.id)]}
    assert world.globex.agent.post("/inbox/chosen", form).status_code == 404
    assert world.acme.viewer.post("/inbox/chosen", form).status_code == 403
    assert talk_of(world, conversation.id).closed_at is None


def test_undo_of_one_closing_lets_them_wait_again(world: World) -> None:
    conversation = replied(world)
    world.acme.agent.post(f"/inbox/{conversation.id}/closure")
    assert names(world.acme.agent.get("/inbox")) == []
    world.acme.agent.post(f"/inbox/{conversation.id}/opening?waited={conversation.id}")
    assert names(world.acme.agent.get("/inbox")) == ["Priya Raman"]
