"""Merging and splitting: lines that stand together or apart, with nothing lost and everything undone."""

from __future__ import annotations

from datetime import timedelta

from loumass.core import clock
from loumass.inbox.desk.models import Regrouping
from loumass.messages.models import Conversation, Message
from tests.inbox.answering import answer
from tests.inbox.desk import PRIYA, channel_of, names, outgoing, replied, talk_of
from tests.messages.letters import brings, email, mailbox, number, one, rows, sms, written
from tests.world import World

ANNE = "anne@whitlock.example"


def state(world: World) -> list[tuple[object, ...]]:
    """Where everything stands: what undoing must bring back."""
    talks = [
        (
            row.id,
            row.stands_with_id,
            row.assignee_id,
            row.last_message_at,
            row.needs_reply_since,
            row.unread_since,
        )
        for row in rows(world.acme, Conversation)
        if row.last_message_at
    ]
    said = [(row.id, row.conversation_id) for row in rows(world.acme, Message)]
    return sorted(map(str, talks)) + sorted(map(str, said))  # pyright: ignore[reportReturnType]


def test_two_people_stand_in_one_line_and_each_is_answered_themselves(world: World) -> None:
    priya, box = replied(world), mailbox(world.acme, "other@acme.example")
    world.acme.contact("Anne Whitlock", ANNE)
    brings(world.acme, box, email(ANNE, "I answer for Priya", received_at=clock.now() + timedelta(minutes=1)))
    anne = one(world.acme, Conversation, counterpart=ANNE)
    agent = world.acme.agent
    agent.post(f"/inbox/{priya.id}/assignee", {"user": str(world.acme.member.id)})
    assert "Anne Whitlock" in agent.get(f"/inbox/{priya.id}/merging").text
    agent.post(f"/inbox/{priya.id}/merging", {"other": str(anne.id)})
    assert names(agent.get("/inbox")) == ["Anne Whitlock"]
    thread = agent.get(f"/inbox/{priya.id}").text
    assert "Count me in" in thread
    assert "I answer for Priya" in thread
    assert talk_of(world, anne.id).assignee_id == world.acme.member.id
    assert agent.post(f"/inbox/{priya.id}/merging", {"other": str(anne.id)}).status_code == 422
    answer(world, priya, "Thank you, {{contact.first_name}}")
    (sent,) = outgoing(world)
    assert (sent.to_address, sent.reply_text) == (ANNE, "Thank you, Anne")
    assert sent.conversation_id == anne.id
    agent.post(f"/inbox/messages/{sent.id}/withdrawal")
    agent.post(f"/inbox/{anne.id}/closure")
    assert talk_of(world, priya.id).closed_at is not None
    agent.post(f"/inbox/{anne.id}/opening?waited={anne.id}&waited={priya.id}")
    agent.post(f"/inbox/regroupings/{one(world.acme, Regrouping).id}/undoing")
    assert sorted(names(agent.get("/inbox"))) == ["Anne Whitlock", "Priya Raman"]
    stands = {row.id: (row.stands_with_id, row.assignee_id) for row in rows(world.acme, Conversation)}
    assert stands == {anne.id: (None, None), priya.id: (None, world.acme.member.id)}
    assert agent.post(f"/inbox/regroupings/{one(world.acme, Regrouping).id}/undoing").status_code == 409


def test_a_stranger_is_put_with_a_contact_and_what_they_write_later_is_there_as_well(world: World) -> None:
    priya, line = replied(world), number(world.acme)
    brings(world.acme, line, sms("+17205550117", "who is this"))
    stranger = one(world.acme, Conversation, counterpart="+17205550117")
    agent = world.acme.agent
    agent.post("/inbox/chosen", {"act": "merge", "ids": [str(priya.id), str(stranger.id)]})
    assert len(names(agent.get("/inbox"))) == 1
    brings(world.acme, line, sms("+17205550117", "still me", received_at=clock.now() + timedelta(minutes=2)))
    assert "still me" in agent.get(f"/inbox/{priya.id}").text
    assert agent.post("/inbox/chosen", {"act": "merge", "ids": [str(priya.id)]}).status_code == 422


def test_a_split_stands_by_itself_takes_later_answers_and_is_undone(world: World) -> None:
    asked = written(world.acme, box := mailbox(world.acme), world.acme.contact())
    brings(world.acme, box, email(PRIYA, "Count me in", in_reply_to=asked.rfc_message_id))
    later = clock.now() + timedelta(minutes=1)
    brings(
        world.acme,
        box,
        email(
            PRIYA,
            "Something else: the invoice",
            in_reply_to=asked.rfc_message_id,
            message_id="<two@foothill>",
            received_at=later,
        ),
    )
    talk = talk_of(world, asked.conversation_id)
    before = state(world)
    agent = world.acme.agent
    second = one(world.acme, Message, reply_text="Something else: the invoice")
    assert "Split here" in agent.get(f"/inbox/{talk.id}/splitting").text
    agent.post(f"/inbox/{talk.id}/splitting", {"message": str(second.id)})
    made = one(world.acme, Regrouping)
    assert names(agent.get("/inbox")) == ["Priya Raman", "Priya Raman"]
    old, new = (agent.get(f"/inbox/{each}?unseen=1").text for each in (made.kept_id, made.other_id))
    assert '<div class="bubble-text">Count me in' in old
    assert '<div class="bubble-text">Something else' not in old
    assert '<div class="bubble-text">Something else' in new
    assert '<div class="bubble-text">Count me in' not in new
    agent.post(f"/inbox/{made.other_id}/closure")
    assert talk_of(world, made.kept_id).closed_at is None
    agent.post(f"/inbox/{made.other_id}/opening?waited={made.other_id}")
    brings(
        world.acme, box, email(PRIYA, "The invoice again", in_reply_to="<two@foothill>", received_at=later)
    )
    assert one(world.acme, Message, reply_text="The invoice again").conversation_id == made.other_id
    first = one(world.acme, Message, reply_text="Count me in")
    whole = agent.post(f"/inbox/{talk.id}/splitting", {"message": str(asked.id)})
    assert (whole.status_code, first.conversation_id) == (422, talk.id)
    agent.post(f"/inbox/regroupings/{made.id}/undoing")
    assert names(agent.get("/inbox")) == ["Priya Raman"]
    assert {row.conversation_id for row in rows(world.acme, Message)} == {talk.id}
    assert len(state(world)) == len(before) + 1


def test_globex_puts_nothing_of_acme_together(world: World) -> None:
    talk = replied(world)
    message = rows(world.acme, Message)[0]
    globex = world.globex.agent
    for url, form in (
        (f"/inbox/{talk.id}/merging", {"other": str(talk.id)}),
        (f"/inbox/{talk.id}/splitting", {"message": str(message.id)}),
    ):
        assert globex.post(url, form).status_code == 404
    assert rows(world.acme, Regrouping) == []
    assert channel_of(world, talk).id == talk.channel_id
