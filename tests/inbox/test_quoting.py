"""Answers by e-mail carry the earlier mail below them, as people know it from their mail programs."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from loumass.inbox.quoting import Quote
from loumass.messages.models import Conversation, Message
from loumass.messages.service import original
from tests.channels.connected import sandbox_mailbox
from tests.inbox.desk import PRIYA, change, outgoing, replied, talk_of
from tests.messages.letters import brings, count_of, email, mailbox, one, rows, written
from tests.world import World

LETTER = '<p>Count me in, <b>two questions</b>.</p><script>steal()</script><img src="https://tracker.example/x.png" alt="logo">'


def answer(world: World, conversation: Conversation, text: str, **form: str) -> Message:
    """What the agent's answer became."""
    page = world.acme.agent.post(
        f"/inbox/{conversation.id}/replies", {"kind": "email", "act": "send", "text": text, **form}
    )
    assert page.status_code == 302, page.text
    return outgoing(world)[-1]


def test_the_mail_that_is_answered_stands_below(world: World) -> None:
    conversation = replied(world, "Count me in\n> A seat for you", html=LETTER, sender_name="Priya Raman")
    message = answer(world, conversation, "Gladly <both>\nhttps://acme.example/way?a=1&b=2.")
    assert message.reply_text == "Gladly <both>\nhttps://acme.example/way?a=1&b=2."
    head, line, quoted = message.text.split("\n\n", 2)
    assert head == message.reply_text
    assert line == f"On Tue, 3 March 2026 at 9:00, Priya Raman <{PRIYA}> wrote:"
    assert quoted == "> Count me in\n>> A seat for you\n"
    assert "Gladly &lt;both&gt;<br>" in message.html
    assert '<a href="https://acme.example/way?a=1&amp;b=2">' in message.html
    below = message.html.partition('class="gmail_quote"')[2]
    assert "<b>two questions</b>" in below
    assert "steal" not in message.html
    assert "tracker" not in message.html


def test_the_thread_shows_the_answer_and_folds_the_rest(world: World) -> None:
    conversation = replied(world, "Count me in")
    answer(world, conversation, "Gladly, both")
    page = world.acme.agent.get(f"/inbox/{conversation.id}").text
    assert page.count('<div class="bubble-text">Gladly, both</div>') == 1
    assert "Quoted text</summary>" in page
    assert "You: Gladly, both" in world.acme.agent.get("/inbox?view=everything").text
    assert "wrote:" not in world.acme.agent.get("/inbox?view=everything").text


def test_the_box_says_what_goes_along_and_it_can_be_left_out(world: World) -> None:
    conversation = replied(world, "Count me in")
    page = world.acme.agent.get(f"/inbox/{conversation.id}").text
    assert "Quoted below the answer: On Tue, 3 March 2026" in page
    message = answer(world, conversation, "Gladly", bare="1")
    assert (message.text, message.html) == ("Gladly", "")
    assert message.in_reply_to is not None


def test_what_they_wrote_is_no_template(world: World) -> None:
    conversation = replied(world, "Why do you call me {{contact.first_nam}}?", subject="Re: {{surprise}}")
    message = answer(world, conversation, "Sorry {{contact.first_name}}")
    assert message.reply_text == "Sorry Priya"
    assert "> Why do you call me {{contact.first_nam}}?" in message.text


def test_a_subject_with_braces_can_be_answered(world: World) -> None:
    brings(world.acme, mailbox(world.acme), email(PRIYA, "Hello", subject="{{surprise}}"))
    message = answer(world, one(world.acme, Conversation), "Hello Priya")
    assert message.subject == "Re: {{surprise}}"


def test_a_campaigns_mail_is_quoted_where_nobody_wrote_back(world: World) -> None:
    asked = written(world.acme, mailbox(world.acme), world.acme.contact(), text="A seat is yours.")
    message = answer(world, talk_of(world, asked.conversation_id), "One more thing")
    assert "> A seat is yours." in message.text


def test_the_bytes_that_leave_hold_both(world: World) -> None:
    box = sandbox_mailbox(world.acme)
    brings(world.acme, box, email(PRIYA, "Count me in"))
    message = answer(world, one(world.acme, Conversation), "Gladly")
    world.later(seconds=10)
    with world.acme.acting():
        letter = message_from_bytes(original(message.id), policy=default)
    assert isinstance(letter, EmailMessage)
    assert letter.get_content_type() == "multipart/alternative"
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "> Count me in" in plain.get_content()
    assert "Count me in</div></blockquote>" in html.get_content()


def test_a_long_mail_is_quoted_as_cut_text(world: World) -> None:
    conversation = replied(world, "word " * 10_000, html=f"<p>{'word ' * 40_000}</p>")
    message = answer(world, conversation, "Gladly")
    assert message.text.endswith("> […]\n")
    assert len(message.html) < 80_000


def test_sending_again_quotes_once(world: World) -> None:
    conversation = replied(world, "Count me in")
    message = answer(world, conversation, "Gladly")
    change(world, Message, message.id, state="failed", due_at=None, ended_at=message.created_at)
    world.acme.agent.post(f"/inbox/messages/{message.id}/repetition")
    (again,) = outgoing(world)
    assert (again.text, again.html, again.reply_text) == (message.text, message.html, "Gladly")
    assert count_of(world.acme, Message) == 4
    assert len(rows(world.acme, Message, direction="in")) == 1


def test_a_quote_keeps_quotes_apart() -> None:
    text, html = Quote("On Monday somebody wrote:", "new\n> old", "").below("Yes")
    assert text == "Yes\n\nOn Monday somebody wrote:\n\n> new\n>> old\n"
    assert "new\n&gt; old" in html
