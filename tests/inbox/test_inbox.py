"""The list of people: who is in it under which view, and in which order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.core.tenancy import get_or_404
from loumass.inbox import people_list
from loumass.inbox.counts import counts
from loumass.inbox.desk import notifying
from loumass.messages.models import Conversation, Message
from tests.inbox.desk import names, replied, talk_of
from tests.messages.letters import brings, email, mailbox, number, one, sms, stream, written
from tests.world import World

PRIYA, PHONE = "priya@foothill.example", "+13035550164"


def test_a_reply_fills_the_inbox(world: World) -> None:
    replied(world, "Count me in")
    page = world.acme.agent.get("/inbox")
    assert names(page) == ["Priya Raman"]
    assert "Count me in" in page.text
    assert "Unread." in page.text


def test_people_stand_once_with_all_their_conversations(world: World) -> None:
    priya, box, line = world.acme.contact(phone=PHONE), mailbox(world.acme), number(world.acme)
    asked = written(world.acme, box, priya)
    written(world.acme, line, priya)
    brings(
        world.acme,
        box,
        email(
            PRIYA,
            "By e-mail",
            in_reply_to=asked.rfc_message_id,
            received_at=clock.now() - timedelta(minutes=9),
        ),
    )
    brings(world.acme, line, sms(PHONE, "By text"))
    page = world.acme.agent.get("/inbox")
    assert names(page) == ["Priya Raman"]
    assert "By text" in page.text
    thread = world.acme.agent.get(f"/inbox/{asked.conversation_id}").text
    assert thread.index("By e-mail") < thread.index('<div class="bubble-text">By text')


def test_the_latest_stands_first_and_pages_follow_by_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_list, "PAGE_SIZE", 2)
    box = mailbox(world.acme)
    for minutes, name in enumerate(["Ann", "Bob", "Cid", "Dan", "Eve"]):
        world.acme.contact(name, f"{name}@x.example".lower())
        brings(
            world.acme, box, email(f"{name}@x.example", received_at=clock.now() - timedelta(minutes=minutes))
        )
    first = world.acme.agent.get("/inbox")
    assert names(first) == ["Ann", "Bob"]
    following = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = world.acme.agent.get(following)
    assert names(second) == ["Cid", "Dan"]


def test_who_was_only_written_to_is_not_in_the_way(world: World) -> None:
    written(world.acme, mailbox(world.acme), world.acme.contact())
    assert names(world.acme.agent.get("/inbox")) == []
    assert names(world.acme.agent.get("/inbox?view=open")) == []
    assert names(world.acme.agent.get("/inbox?view=unanswered")) == ["Priya Raman"]


def test_views_show_who_they_name(world: World) -> None:
    conversation = replied(world)
    world.acme.agent.get(f"/inbox/{conversation.id}")
    assert names(world.acme.agent.get("/inbox?view=unread")) == []
    assert names(world.acme.agent.get("/inbox?view=needs-reply")) == ["Priya Raman"]
    assert names(world.acme.agent.get("/inbox?view=mine")) == []
    world.acme.agent.post(f"/inbox/{conversation.id}/assignee", {"user": str(world.acme.agent.id)})
    assert names(world.acme.agent.get("/inbox?view=mine")) == ["Priya Raman"]
    assert names(world.acme.member.get("/inbox?view=mine")) == []
    world.acme.agent.post(f"/inbox/{conversation.id}/closure")
    assert names(world.acme.agent.get("/inbox?view=needs-reply")) == []
    assert names(world.acme.agent.get("/inbox?view=closed")) == ["Priya Raman"]
    assert names(world.acme.agent.get("/inbox?view=nonsense")) == []


def test_filters_by_sender_and_campaign(world: World) -> None:
    campaign = stream(world.acme)
    priya, box, line = world.acme.contact(), mailbox(world.acme), number(world.acme)
    asked = written(world.acme, box, priya, stream_id=campaign)
    brings(world.acme, box, email(PRIYA, in_reply_to=asked.rfc_message_id))
    brings(world.acme, line, sms("+17205550117"))
    assert names(world.acme.agent.get(f"/inbox?channel={line.id}")) == ["+1 720 555 0117"]
    assert names(world.acme.agent.get(f"/inbox?campaign={campaign}")) == ["Priya Raman"]
    assert len(names(world.acme.agent.get("/inbox?channel=nonsense"))) == 2


@pytest.mark.parametrize(
    "words",
    ["priya", "Raman", "priya ra", "Foothill", "priya@foot", "303 555 01", "+1 303-555-0164", "a seat"],
)
def test_search_finds_people_addresses_and_subjects(world: World, words: str) -> None:
    priya, box, line = (
        world.acme.contact(phone=PHONE, company="Foothill Realty"),
        mailbox(world.acme),
        number(world.acme),
    )
    asked = written(world.acme, box, priya, subject="Re: A seat for you")
    brings(world.acme, box, email(PRIYA, in_reply_to=asked.rfc_message_id))
    brings(world.acme, line, sms("+17205550117"))
    assert names(world.acme.agent.get("/inbox", query_string={"q": words})) == ["Priya Raman"]


def test_search_looks_everywhere_and_says_when_nobody_is_found(world: World) -> None:
    conversation = replied(world)
    world.acme.agent.post(f"/inbox/{conversation.id}/closure")
    assert names(world.acme.agent.get("/inbox?q=priya")) == ["Priya Raman"]
    nothing = world.acme.agent.get("/inbox", query_string={"q": "100%_\\'\";--"})
    assert nothing.status_code == 200
    assert "Nobody found" in nothing.text


def test_globex_finds_nobody_of_acme(world: World) -> None:
    conversation = replied(world)
    assert names(world.globex.agent.get("/inbox?view=everything")) == []
    assert names(world.globex.agent.get("/inbox?q=priya")) == []
    assert world.globex.agent.get(f"/inbox/{conversation.id}").status_code == 404


def test_a_viewer_does_not_read_the_inbox(world: World) -> None:
    conversation = replied(world)
    assert world.acme.viewer.get("/inbox").status_code == 403
    assert world.acme.viewer.get(f"/inbox/{conversation.id}").status_code == 403


def test_counts_are_of_people(world: World) -> None:
    priya, box, line = world.acme.contact(phone=PHONE), mailbox(world.acme), number(world.acme)
    written(world.acme, box, priya)
    brings(world.acme, box, email(PRIYA))
    brings(world.acme, line, sms(PHONE))
    brings(world.acme, line, sms("+17205550117"))
    with world.acme.acting():
        found = counts(world.acme.agent.id)
    assert (found.needs_reply, found.unread, found.mine) == (2, 2, 0)
    assert '<span class="rail-count">2</span>' in world.acme.agent.get("/inbox").text


def test_looking_makes_read_but_a_page_in_the_background_does_not(world: World) -> None:
    conversation = replied(world)
    world.acme.agent.get(f"/inbox/{conversation.id}?unseen=1")
    assert talk_of(world, conversation.id).unread_since is not None
    world.acme.agent.get(f"/inbox/{conversation.id}")
    assert talk_of(world, conversation.id).unread_since is None
    world.acme.agent.post(f"/inbox/{conversation.id}/unread")
    assert talk_of(world, conversation.id).unread_since is not None


def test_an_automatic_answer_waits_for_nobody(world: World) -> None:
    asked = written(world.acme, box := mailbox(world.acme), world.acme.contact())
    brings(
        world.acme,
        box,
        email(PRIYA, "I am out of the office", in_reply_to=asked.rfc_message_id, is_automatic=True),
    )
    assert names(world.acme.agent.get("/inbox")) == []
    page = world.acme.agent.get(f"/inbox/{asked.conversation_id}")
    assert "Automatic" in page.text


def test_an_empty_inbox_says_what_comes_next(world: World) -> None:
    assert "Nobody waits for you" in world.acme.agent.get("/inbox").text
    assert "Connect a mailbox or a number" in world.acme.agent.get("/inbox?view=open").text


def test_a_stranger_who_becomes_a_contact_keeps_their_words(world: World) -> None:
    line = number(world.acme)
    brings(world.acme, line, sms("+17205550117", "who is this"))
    world.acme.member.post("/contacts/new", {"first_name": "Tom", "phone": "+17205550117"})
    world.work()
    assert one(world.acme, Conversation).contact_id is not None
    assert names(world.acme.agent.get("/inbox")) == ["Tom"]


def test_two_merged_people_are_one_in_the_inbox(world: World) -> None:
    box, line = mailbox(world.acme), number(world.acme)
    kept = world.acme.contact()
    other = world.acme.contact("P. Raman", None, PHONE)
    brings(world.acme, box, email(PRIYA, "By e-mail"))
    brings(world.acme, line, sms(PHONE, "By text"))
    assert len(names(world.acme.agent.get("/inbox"))) == 2
    world.acme.member.post(f"/contacts/{kept.id}/merge", {"other": str(other.id)})
    assert names(world.acme.agent.get("/inbox")) == ["Priya Raman"]


def test_a_damaged_page_address_is_explained(world: World) -> None:
    assert world.acme.agent.get("/inbox?after=zzz").status_code == 422


def test_a_conversation_without_words_is_not_listed(world: World) -> None:
    conversation = replied(world)
    with world.acme.acting() as session:
        get_or_404(Conversation, conversation.id).last_message_at = None
        session.commit()
    assert names(world.acme.agent.get("/inbox?view=everything")) == []


def test_what_was_said_is_searched_and_shown_marked_and_never_as_markup(world: World) -> None:
    world.acme.contact()
    box = mailbox(world.acme)
    said = "I <b>would</b> bring Zoë Wagner along to dinner"
    for n, words in enumerate((said, "Parking?", "Zoe again")):
        brings(
            world.acme,
            box,
            email(PRIYA, words, received_at=clock.now() - timedelta(minutes=n), subject="Re: <i>"),
        )
    agent = world.acme.agent
    page = agent.get("/inbox/search?q=zoe").text
    assert "I &lt;b&gt;would&lt;/b&gt; bring <mark>Zoë</mark> Wagner" in page
    assert "<mark>Zoe</mark> again" in page
    assert "Parking?" not in page
    assert "<i>" not in page
    assert "Priya Raman" in agent.get("/inbox/search?q=priya").text
    assert names(agent.get("/inbox?q=wagner dinner")) == ["Priya Raman"]
    assert "/inbox/search?q=wagner" in agent.get("/palette?q=wagner").text
    assert "Nothing says" in agent.get("/inbox/search?q=wagner&channel=" + str(uuid7())).text
    assert "Nothing says" in agent.get("/inbox/search?q=zoltan").text
    assert "What do you look for?" in agent.get("/inbox/search").text
    assert agent.get("/inbox/search?q=zoe&after=nonsense").status_code == 422
    assert "Nothing says" in world.globex.agent.get("/inbox/search?q=zoe").text


def test_what_is_shown_of_an_answer_is_what_they_wrote_and_not_what_they_quote(world: World) -> None:
    quoting = "Count me in\n\nOn Tue, 3 Mar 2026 at 09:00, Maya wrote:\n> A seat at the long table"
    talk = replied(world, quoting, reply_text="Count me in", subject="Re: Dinner")
    answer = one(world.acme, Message, direction="in")
    with world.acme.acting() as session:
        notifying.tell("positive", [world.acme.agent.id], talk.id, message_id=answer.id)
        session.commit()
    for page in ("/notifications", "/inbox/search?q=dinner"):
        shown = world.acme.agent.get(page).text
        assert "Count me in" in shown
        assert "long table" not in shown
    assert "A seat at the <mark>long</mark> table" in world.acme.agent.get("/inbox/search?q=long").text
