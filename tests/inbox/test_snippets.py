"""Snippets of one's own and of everybody, filled for whom one writes to; signatures below answers."""

from __future__ import annotations

from loumass.accounts.models import User
from loumass.core.database import db
from loumass.inbox.models import Draft, MailboxSignature, Snippet
from tests.inbox.answering import answer
from tests.inbox.desk import outgoing, replied, talk_of
from tests.messages.letters import count_of, one, rows
from tests.world import World

THANKS = {
    "name": "Thank them",
    "shortcut": "/Thanks",
    "text": "Thank you, {{contact.first_name}} of {{contact.company}}",
}


def test_snippets_are_somebodys_own_or_everybodys(world: World) -> None:
    agent, member, admin = world.acme.agent, world.acme.member, world.acme.admin
    assert agent.post("/snippets", THANKS).status_code == 302
    assert member.post("/snippets", THANKS | {"text": "Cheers"}).status_code == 302
    assert admin.post("/snippets", THANKS | {"text": "With regards", "shared": "1"}).status_code == 302
    mine, _, shared = sorted(
        rows(world.acme, Snippet), key=lambda one: (one.owner_id is None, one.owner_id != agent.id)
    )
    page = agent.get("/snippets").text
    assert "Thank you, {{contact.first_name}}" in page
    assert "With regards" in page
    assert "Cheers" not in page
    # One's own can be changed, a colleague's is not there, what is shared is for who writes content.
    assert agent.post(f"/snippets/{mine.id}", THANKS | {"text": "Thanks"}).status_code == 302
    assert member.get(f"/snippets/{mine.id}").status_code == 404
    assert agent.post(f"/snippets/{shared.id}", THANKS).status_code == 409
    assert member.post(f"/snippets/{shared.id}", THANKS | {"shared": "1", "text": "Yours"}).status_code == 302
    assert world.acme.viewer.get("/snippets").status_code == 403
    for wrong, said in (
        ({"name": ""}, "needs a name"),
        ({"shortcut": "two words"}, "one word"),
        ({"shortcut": "thanks"}, "is the shortcut of"),
        ({"shortcut": "odd", "text": "Hi {{contact.frist_name}}"}, "frist_name"),
        ({"shortcut": "long", "text": "a" * 20_001}, "20,000 letters"),
    ):
        refused = agent.post("/snippets", THANKS | wrong)
        assert refused.status_code in (409, 422)
        assert said in refused.text
        assert "Thank them" in refused.text or not wrong.get("name", "x")
    assert agent.post(f"/snippets/{mine.id}/removal").status_code == 302
    assert count_of(world.acme, Snippet) == 2


def test_a_snippet_is_filled_for_whom_it_goes_to_and_gaps_are_named(world: World) -> None:
    conversation = replied(world)
    agent = world.acme.agent
    agent.post("/snippets", THANKS)
    found = agent.get(f"/inbox/{conversation.id}/snippets?q=tha&kind=email").text
    assert 'data-text="Thank you, Priya of {{contact.company}}"' in found
    assert 'data-missing="contact.company"' in found
    assert "No snippet is called" in agent.get(f"/inbox/{conversation.id}/snippets?q=100%25").text
    # Without a script it stands below what was typed; what is not known is said, and not sent.
    snippet = one(world.acme, Snippet)
    answer(world, conversation, "Hi", act=f"snippet:{snippet.id}")
    assert one(world.acme, Draft).text == "Hi\n\nThank you, Priya of {{contact.company}}"
    page = agent.get(f"/inbox/{conversation.id}").text
    assert "Nothing is known for contact.company" in page
    refused = answer(world, conversation, one(world.acme, Draft).text)
    assert refused.status_code == 422
    assert outgoing(world) == []


def test_an_answer_ends_in_the_signature_of_its_author_in_that_mailbox(world: World) -> None:
    conversation = replied(world)
    agent = world.acme.agent
    with world.acme.acting():
        db().get_one(User, agent.id).signature = "Ann Agent\nAcme"
        db().commit()
    assert "Ann Agent" in agent.get(f"/inbox/{conversation.id}").text
    answer(world, conversation, "Gladly")
    first = outgoing(world)[-1]
    assert first.text.startswith("Gladly\n\n-- \nAnn Agent\nAcme\n\nOn ")
    assert first.reply_text == "Gladly"
    box = f"/snippets/signatures/{conversation.channel_id}"
    assert agent.post(box, {"text": "A."}).status_code == 302
    assert agent.post(box, {"text": "a" * 2_001}).status_code == 422
    answer(world, talk_of(world, conversation.id), "Again")
    assert outgoing(world)[-1].text.startswith("Again\n\n-- \nA.\n")
    answer(world, talk_of(world, conversation.id), "Bare", unsigned="1", bare="1")
    assert outgoing(world)[-1].text == "Bare"
    # Where the author placed it, it stands once.
    answer(world, talk_of(world, conversation.id), "Placed\n{{sender.signature}}", bare="1")
    assert outgoing(world)[-1].text == "Placed\nA."
    agent.post(box, {"act": "usual"})
    assert count_of(world.acme, MailboxSignature) == 0
