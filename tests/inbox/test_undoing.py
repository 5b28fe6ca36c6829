"""An answer leaves once, ten seconds later or when it was planned for, and can be taken back until then."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta

from loumass.inbox.models import Draft, SentDraft
from loumass.messages.models import Attachment, Message
from tests.channels.connected import sandbox_mailbox
from tests.inbox.answering import answer
from tests.inbox.desk import PRIYA, outgoing, replied, talk_of
from tests.messages.letters import MAYA, brings, count_of, email, one, rows, written
from tests.world import World


def key_in(page: str) -> str:
    """The turn of the form on a page."""
    return re.findall(r'name="key" value="([^"]+)"', page)[0]


def test_what_is_taken_back_is_a_draft_again_with_its_files_and_they_wait_again(world: World) -> None:
    conversation = replied(world)
    agent = world.acme.agent
    files = [(io.BytesIO(b"%PDF-1.4 plan"), "plan.pdf")]
    agent.post(
        f"/inbox/{conversation.id}/files",
        {"kind": "email", "text": "With", "files": files},
        content_type="multipart/form-data",
    )
    key = key_in(agent.get(f"/inbox/{conversation.id}").text)
    answer(world, conversation, "With the plan", act="send-close", key=key)
    (message,) = outgoing(world)
    world.work()
    (message,) = outgoing(world)
    assert message.due_at is not None
    assert timedelta(seconds=9) < message.due_at - message.created_at <= timedelta(seconds=10)
    page = agent.get(f"/inbox/{conversation.id}?view=everything").text
    assert re.search(r'data-countdown="\d\.\d"', page)
    # What is typed meanwhile stays, too.
    agent.post(f"/inbox/{conversation.id}/draft", {"kind": "email", "text": "And one more thing"})
    assert agent.post(f"/inbox/messages/{message.id}/withdrawal").status_code == 302
    assert one(world.acme, Draft).text == "With the plan\n\nAnd one more thing"
    assert (one(world.acme, Attachment).message_id, count_of(world.acme, SentDraft)) == (None, 0)
    after = talk_of(world, conversation.id)
    assert after.closed_at is None
    assert after.needs_reply_since is not None
    # It is a draft: sending it again as a message would send it twice.
    assert agent.post(f"/inbox/messages/{message.id}/repetition").status_code == 409
    # The turn is a new one: the same words go out now, once.
    page = agent.get(f"/inbox/{conversation.id}").text
    answer(world, conversation, "With the plan", key=key_in(page))
    assert [one.state for one in rows(world.acme, Message, direction="out", author_id=agent.id)].count(
        "queued"
    ) == 1


def test_one_turn_is_sent_once_from_however_many_windows(world: World) -> None:
    conversation = replied(world)
    agent = world.acme.agent
    one_window = key_in(agent.get(f"/inbox/{conversation.id}").text)
    assert key_in(agent.get(f"/inbox/{conversation.id}").text) == one_window
    answer(world, conversation, "Gladly", key=one_window)
    # A second press, or the page sent once more.
    answer(world, conversation, "Gladly", key=one_window)
    assert "sent already, once" in agent.get(f"/inbox/{conversation.id}").text
    # What the page keeps by itself comes late, and is not a draft any more.
    agent.post(f"/inbox/{conversation.id}/draft", {"kind": "email", "text": "Gladly", "key": one_window})
    assert count_of(world.acme, Draft) == 0
    # Another window with other words: kept, not sent.
    answer(world, conversation, "Gladly, and bring Joel", key=one_window)
    assert "another window" in agent.get(f"/inbox/{conversation.id}").text
    assert one(world.acme, Draft).text == "Gladly, and bring Joel"
    assert len(outgoing(world)) == 1
    # A note has turns as well.
    note = key_in(agent.get(f"/inbox/{conversation.id}?way=note").text)
    for _ in range(2):
        answer(world, conversation, "Ask Joel", kind="note", key=note)
    assert len(rows(world.acme, Message, direction="note")) == 1


def test_it_leaves_after_ten_seconds_and_is_sent_once(world: World) -> None:
    box = sandbox_mailbox(world.acme, MAYA)
    asked = written(world.acme, box, world.acme.contact())
    brings(world.acme, box, email(PRIYA, in_reply_to=asked.rfc_message_id))
    conversation = talk_of(world, asked.conversation_id)
    answer(world, conversation, key=key_in(world.acme.agent.get(f"/inbox/{conversation.id}").text))
    (message,) = outgoing(world)
    world.later(seconds=10)
    assert one(world.acme, Message, id=message.id).state == "sent"
    assert world.acme.agent.post(f"/inbox/messages/{message.id}/withdrawal").status_code == 409
    assert world.acme.agent.post(f"/inbox/messages/{message.id}/time", {"at": "tomorrow"}).status_code == 409


def test_an_answer_is_planned_moved_and_let_go_in_their_time(world: World) -> None:
    conversation = replied(world)
    agent = world.acme.agent
    refused = answer(world, conversation, act="at", at="yesterday-ish")
    assert refused.status_code == 422
    assert "Say it like" in refused.text
    assert "Gladly</textarea>" in refused.text
    assert answer(world, conversation, act="at", at="tomorrow 9:00").status_code == 302
    (message,) = outgoing(world)
    assert message.due_at == datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
    page = agent.get(f"/inbox/{conversation.id}?view=everything").text
    assert "It goes Wed 9:00, their time (Denver)." in page
    assert "Change time" in page
    assert world.acme.viewer.post(f"/inbox/messages/{message.id}/time", {"at": "friday"}).status_code == 403
    assert agent.post(f"/inbox/messages/{message.id}/time", {"at": "friday 10:00"}).status_code == 302
    assert outgoing(world)[0].due_at == datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
    assert agent.post(f"/inbox/messages/{message.id}/time").status_code == 302
    (message,) = outgoing(world)
    assert message.due_at is not None
    assert message.due_at < datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
