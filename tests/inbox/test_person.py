"""The page of one person: who they are, whether we may write, and everything that happened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loumass.campaigns.models import Campaign, Enrollment
from loumass.contacts.models import Contact, ContactField, ContactTag, Suppression, Tag
from loumass.contacts.suppression import record_consent
from loumass.core import clock
from loumass.events.service import publish, publish_all
from loumass.funnels.models import Graph, Node
from loumass.inbox import timeline
from loumass.messages.models import Conversation, Message, Stream
from loumass.providers.events import OptedOut
from tests.inbox.desk import PRIYA, outgoing, replied
from tests.messages.letters import brings, count_of, email, mailbox, number, one, rows, sms, told, written
from tests.world import World

PHONE = "+13035550164"


def enrolled(world: World, contact: Contact, state: str = "held", **also: object) -> Enrollment:
    """The contact inside a running campaign, at a step called "Wait 4 days"."""
    with world.acme.acting() as session:
        graph, stream = Graph(number=1), Stream()
        session.add_all([graph, stream])
        session.flush()
        node = Node(graph_id=graph.id, key="wait", kind="stage", name="Wait 4 days", config={})
        campaign = Campaign(id=stream.id, name="Denver Broker Night", graph_id=graph.id, state="running")
        session.add_all([node, campaign])
        session.flush()
        values = {"status": "Needs BDR", "stage": "Follow-up", "waiting_for": {"for": "person"}} | also
        enrollment = Enrollment(
            campaign_id=campaign.id, contact_id=contact.id, node_id=node.id, state=state, **values
        )
        session.add(enrollment)
        session.commit()
    return enrollment


def test_the_page_says_who_it_is(world: World) -> None:
    priya = world.acme.contact(
        phone=PHONE,
        company="Foothill",
        title="Broker",
        city="Lakewood",
        fields={"license": "FA1"},
        owner_id=world.acme.member.id,
    )
    with world.acme.acting() as session:
        session.add(ContactField(key="license", label="License #"))
        session.commit()
    page = world.acme.viewer.get(f"/contacts/{priya.id}").text
    for fact in (
        "Priya Raman",
        "Foothill",
        "Broker",
        "Lakewood",
        PRIYA,
        "+1 303 555 0164",
        "License #",
        "FA1",
        "Ben Bdr",
        "9:00",
    ):
        assert fact in page, fact


def test_everything_that_happened_stands_in_one_line(world: World) -> None:
    priya, box, line = world.acme.contact(phone=PHONE), mailbox(world.acme), number(world.acme)
    with world.acme.acting() as session:
        publish("contact.created", contact_id=priya.id, happened_at=clock.now() - timedelta(days=3))
        publish("contact.unsubscribed", contact_id=priya.id, facts={"medium": "sms"})
        session.commit()
    asked = written(
        world.acme, box, priya, text="Come to the dinner", occurred_at=clock.now() - timedelta(days=2)
    )
    brings(
        world.acme,
        box,
        email(PRIYA, "Gladly", in_reply_to=asked.rfc_message_id, received_at=clock.now() - timedelta(days=1)),
    )
    brings(world.acme, line, sms(PHONE, "Where is it?", received_at=clock.now() - timedelta(hours=1)))
    page = world.acme.agent.get(f"/contacts/{priya.id}").text
    order = ["Opted out of texts", "Where is it?", "Gladly", "Come to the dinner", "Became a contact"]
    assert [page.index(word) for word in order] == sorted(page.index(word) for word in order)
    only_texts = world.acme.agent.get(f"/contacts/{priya.id}?only=sms").text
    assert "Where is it?" in only_texts
    assert "Gladly" not in only_texts
    assert "Became a contact" not in world.acme.agent.get(f"/contacts/{priya.id}?traces=0").text


def test_a_long_line_is_read_page_by_page_without_losing_or_repeating(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "PAGE_SIZE", 3)
    priya, box = world.acme.contact(), mailbox(world.acme)
    moments = [clock.now() - timedelta(hours=hour) for hour in range(4)]
    for position, moment in enumerate(moments):
        written(world.acme, box, priya, text=f"Letter {position}.", occurred_at=moment)
    with world.acme.acting() as session:
        # At the very same moments, so that only the id tells them apart.
        publish_all(
            "enrollment.status_changed",
            [
                {"contact_id": priya.id, "happened_at": at, "facts": {"status": f"S{n}."}}
                for n, at in enumerate(moments)
            ],
        )
        session.commit()
    seen, url = "", f"/contacts/{priya.id}"
    for _ in range(5):
        page = world.acme.agent.get(url).text
        seen += page
        if ">Earlier</a>" not in page:
            break
        url = page.split('">Earlier</a>')[0].rsplit('href="', 1)[1].replace("&amp;", "&")
    for word in [f"Letter {n}." for n in range(4)] + [f"is now S{n}." for n in range(4)]:
        assert seen.count(word) == 1, word


def test_may_we_write_says_yes_no_and_why(world: World) -> None:
    priya = world.acme.contact(phone=PHONE)
    with world.acme.acting() as session:
        record_consent(priya, "email", is_granted=True, source="denver-brokers.csv")
        session.commit()
    page = world.acme.agent.get(f"/contacts/{priya.id}").text
    assert "yes, since 3 Mar" in page
    assert "nobody said no" in page
    assert "not asked yet" in page
    line = number(world.acme)
    stop = OptedOut(medium="sms", sender=PHONE, to=line.address, at=clock.now(), keyword="STOP")
    brings(world.acme, line, sms(PHONE, "STOP"), stop)
    assert "opted out, 3 Mar" in world.acme.agent.get(f"/contacts/{priya.id}").text


def test_stopping_all_messages_asks_first_and_bars_every_address(world: World) -> None:
    priya = world.acme.contact(phone=PHONE)
    assert world.acme.viewer.post(f"/contacts/{priya.id}/stop").status_code == 403
    assert "Stop all messages to Priya Raman?" in world.acme.agent.get(f"/contacts/{priya.id}/stop").text
    assert count_of(world.acme, Suppression) == 0
    world.acme.agent.post(f"/contacts/{priya.id}/stop")
    assert {(row.medium, row.reason) for row in rows(world.acme, Suppression)} == {
        ("email", "by_hand"),
        ("sms", "by_hand"),
        ("voicemail", "by_hand"),
    }
    assert len(told(world.acme, "contact.unsubscribed")) == 3


def test_tags_are_added_and_taken_off(world: World) -> None:
    priya = world.acme.contact()
    world.acme.agent.post(f"/contacts/{priya.id}/tags", {"tags": "residential, lakewood ,residential"})
    assert {tag.name for tag in rows(world.acme, Tag)} == {"residential", "lakewood"}
    tag = one(world.acme, Tag, name="lakewood")
    page = world.acme.agent.get(f"/contacts/{priya.id}").text
    assert "Take off lakewood" in page
    world.acme.agent.post(f"/contacts/{priya.id}/tags/{tag.id}/removal")
    assert count_of(world.acme, ContactTag) == 1
    refused = world.acme.agent.post(f"/contacts/{priya.id}/tags", {"tags": " , "})
    assert refused.status_code == 422
    assert world.acme.viewer.post(f"/contacts/{priya.id}/tags", {"tags": "x"}).status_code == 403
    assert "Take off" not in world.acme.viewer.get(f"/contacts/{priya.id}").text


def test_a_note_needs_no_conversation(world: World) -> None:
    priya = world.acme.contact()
    world.acme.agent.post(f"/contacts/{priya.id}/notes", {"text": "Prefers e-mail."})
    note = one(world.acme, Message, direction="note")
    assert (note.contact_id, note.conversation_id) == (priya.id, None)
    assert "Prefers e-mail." in world.acme.viewer.get(f"/contacts/{priya.id}").text
    assert world.acme.agent.post(f"/contacts/{priya.id}/notes", {"text": " "}).status_code == 422
    assert world.acme.viewer.post(f"/contacts/{priya.id}/notes", {"text": "x"}).status_code == 403


def test_campaigns_say_status_stage_next_and_why(world: World) -> None:
    priya = world.acme.contact()
    enrolled(world, priya)
    page = world.acme.agent.get(f"/contacts/{priya.id}").text
    for fact in ("Denver Broker Night", "Needs BDR", "Follow-up", "Why it waits", "Mark RSVP", "Continue"):
        assert fact in page, fact


def test_the_two_likely_decisions(world: World) -> None:
    priya = world.acme.contact()
    enrollment = enrolled(world, priya)
    assert (
        world.acme.viewer.post(
            f"/inbox/enrollments/{enrollment.id}/status", {"status": "Received RSVP"}
        ).status_code
        == 403
    )
    world.acme.agent.post(f"/inbox/enrollments/{enrollment.id}/status", {"status": "Received RSVP"})
    assert one(world.acme, Enrollment).status == "Received RSVP"
    assert (
        world.acme.agent.post(
            f"/inbox/enrollments/{enrollment.id}/status", {"status": "Wonderful"}
        ).status_code
        == 422
    )
    world.acme.agent.post(f"/inbox/enrollments/{enrollment.id}/continuation")
    assert one(world.acme, Enrollment).state == "active"
    assert world.acme.agent.post(f"/inbox/enrollments/{enrollment.id}/continuation").status_code == 409
    assert world.globex.agent.post(f"/inbox/enrollments/{enrollment.id}/continuation").status_code == 404


def test_decisions_made_in_the_inbox_lead_back_to_it(world: World) -> None:
    conversation = replied(world)
    with world.acme.acting() as session:
        priya = session.get_one(Contact, (world.acme.id, conversation.contact_id))
    enrollment = enrolled(world, priya)
    answer = world.acme.agent.post(
        f"/inbox/enrollments/{enrollment.id}/status",
        {"status": "Attended", "conversation": str(conversation.id)},
    )
    assert answer.headers["Location"].endswith(f"/inbox/{conversation.id}")


def test_a_first_message_is_written_from_the_page(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    answer = world.acme.agent.post(f"/contacts/{priya.id}/conversations", {"medium": "email"})
    conversation = one(world.acme, Conversation)
    assert f"/inbox/{conversation.id}" in answer.headers["Location"]
    page = world.acme.agent.get(answer.headers["Location"])
    assert 'name="subject"' in page.text
    refused = world.acme.agent.post(f"/inbox/{conversation.id}/replies", {"kind": "email", "text": "Hello"})
    assert refused.status_code == 422
    assert "needs a subject" in refused.text
    world.acme.agent.post(
        f"/inbox/{conversation.id}/replies", {"kind": "email", "text": "Hello", "subject": "A dinner"}
    )
    (message,) = outgoing(world)
    assert (message.subject, message.channel_id, message.in_reply_to) == ("A dinner", box.id, None)
    assert one(world.acme, Conversation).subject == "A dinner"


def test_writing_where_there_is_no_way_is_explained(world: World) -> None:
    priya = world.acme.contact()
    assert world.acme.agent.post(f"/contacts/{priya.id}/conversations", {"medium": "sms"}).status_code == 422
    assert (
        world.acme.viewer.post(f"/contacts/{priya.id}/conversations", {"medium": "email"}).status_code == 403
    )


def test_an_erased_person_is_nobody(world: World) -> None:
    priya = world.acme.contact()
    world.acme.admin.post(f"/contacts/{priya.id}/erasure")
    page = world.acme.agent.get(f"/contacts/{priya.id}")
    assert page.status_code == 404
    assert "Priya" not in page.text


def test_globex_sees_nothing_of_it(world: World) -> None:
    priya = world.acme.contact()
    for url in (f"/contacts/{priya.id}", f"/contacts/{priya.id}/stop"):
        assert world.globex.agent.get(url).status_code == 404
    for act in ("tags", "notes", "stop", "conversations"):
        assert (
            world.globex.agent.post(
                f"/contacts/{priya.id}/{act}", {"tags": "x", "text": "x", "medium": "email"}
            ).status_code
            == 404
        )
    assert count_of(world.acme, Suppression) == count_of(world.acme, Message) == 0


def test_a_viewer_reads_but_is_offered_no_deeds(world: World) -> None:
    conversation = replied(world)
    page = world.acme.viewer.get(f"/contacts/{conversation.contact_id}").text
    assert "Count me in" in page
    for deed in ("Open in the inbox", "Add note", "Stop all messages", "Mark RSVP", ">Write<"):
        assert deed not in page, deed
