"""From the queue to the provider: who goes, in which order, and what every outcome leaves behind."""

from __future__ import annotations

import email
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest
from sqlalchemy import select

from loumass.channels.models import Channel
from loumass.config import Settings
from loumass.contacts.models import Contact, Suppression
from loumass.core import clock, storage
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import get_or_404, serving
from loumass.media.models import Media
from loumass.messages import delivering_outcomes
from loumass.messages.attachments import attach, keep
from loumass.messages.models import Conversation
from loumass.messages.service import original
from loumass.providers.base import OutgoingMessage
from loumass.providers.errors import Rejected, Sent
from loumass.providers.events import Attachment as File
from tests.messages.sending import (
    Postbox,
    campaign,
    changed,
    events,
    handing_to,
    mailbox,
    message,
    number,
    people,
    queue,
    states,
    stream,
    used_today,
    version,
)
from tests.world import World


def test_a_message_goes_out_and_everybody_hears_of_it(world: World) -> None:
    maya, priya = mailbox(world.acme), world.acme.contact("Priya Raman", "priya.silent@foothill.example")
    (sent_id,) = queue(world.acme, maya, [priya])
    world.work()
    sent = message(world.acme, sent_id)
    assert (sent.state, sent.attempts) == ("sent", 1)
    assert sent.sent_at is not None
    assert sent.attempted_at is not None
    assert sent.attempted_at <= sent.sent_at
    assert sent.provider_message_id
    assert sent.rfc_message_id == f"{sent.id}@acme.example"
    assert (sent.from_address, sent.from_name) == ("maya@acme.example", "Maya Chen")
    assert (sent.lease_token, sent.waiting_for, sent.reason) == (None, None, None)
    (fact,) = events(world.acme, "message.sent")
    assert (fact.message_id, fact.contact_id, fact.channel_id) == (sent.id, priya.id, maya.id)
    assert used_today(world.acme, maya) == 1
    with world.acme.acting():
        conversation = get_or_404(Conversation, sent.conversation_id)
        assert (conversation.last_message_at, conversation.subject) == (sent.sent_at, "Dinner")


def test_globex_neither_sees_nor_sends_it(world: World) -> None:
    ids = queue(world.acme, mailbox(world.acme), [world.acme.contact()])
    world.work()
    assert events(world.globex, "message.sent") == []
    assert states(world.acme, ids) == ["sent"]


def test_a_campaign_mail_carries_its_values_its_footer_and_the_way_out(world: World) -> None:
    maya, priya = mailbox(world.acme), world.acme.contact()
    words = version(
        world.acme,
        subject="For {{contact.first_name}}",
        html="<p>Hi {{contact.first_name|fallback:'there'}} <b>&</b></p>",
    )
    values = {
        "contact.first_name": "Priya",
        "organization.name": "Acme",
        "organization.postal_address": "1 Main Street",
    }
    postbox = Postbox()
    with handing_to(postbox):
        (sent_id,) = campaign(
            world.acme, maya, [priya], stream(world.acme), content_version_id=words, merge_values=values
        )
        world.work()
    mail = email.message_from_bytes(postbox.taken[0].mime, policy=policy.default)
    assert mail["Subject"] == "For Priya"
    assert mail["From"] == "Maya Chen <maya@acme.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://loumass.example/u/")
    assert len(link.rpartition("/")[2]) < 45
    html = mail.get_body(("html",)).get_content()  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
    assert "Hi Priya" in html
    assert "1 Main Street" in html
    assert link in html
    assert message(world.acme, sent_id).state == "sent"


def test_the_exact_bytes_can_be_made_again(world: World) -> None:
    maya, priya = mailbox(world.acme), world.acme.contact()
    postbox = Postbox()
    with handing_to(postbox):
        (sent_id,) = campaign(
            world.acme, maya, [priya], stream(world.acme),
            content_version_id=version(world.acme, subject="Hi {{contact.first_name}}", html="<p>x</p>"),
            merge_values={"contact.first_name": "Priya"},
        )  # fmt: skip
        world.work()
    changed(world.acme, maya, sender_name="Somebody Else")
    changed(world.acme, priya, first_name="Renamed")
    world.later(days=2)
    with world.acme.acting():
        assert original(sent_id) == postbox.taken[0].mime


def test_a_reply_goes_before_a_campaign_that_was_there_first(world: World) -> None:
    maya, postbox = mailbox(world.acme), Postbox()
    crowd = people(world.acme, 30)
    with handing_to(postbox):
        campaign(world.acme, maya, crowd, stream(world.acme), text="campaign")
        queue(world.acme, maya, [world.acme.contact()], text="answer")
        world.work()
    assert postbox.taken[0].to == "priya@foothill.example"
    assert len(postbox.taken) == 31


def test_nothing_goes_before_its_time(world: World) -> None:
    maya = mailbox(world.acme)
    (later_id,) = queue(world.acme, maya, [world.acme.contact()], due_at=clock.now() + timedelta(hours=3))
    world.work()
    assert message(world.acme, later_id).state == "queued"
    world.later(hours=3)
    assert message(world.acme, later_id).state == "sent"


@pytest.mark.parametrize(
    ("address", "state", "code"),
    [("a.rejected@x.example", "failed", "5.7.1"), ("a.sent-in-doubt@x.example", "in_doubt", "unknown")],
)
def test_a_final_outcome_is_kept_with_its_reason(world: World, address: str, state: str, code: str) -> None:
    maya = mailbox(world.acme)
    (message_id,) = queue(world.acme, maya, [world.acme.contact(email=address)])
    world.work()
    found = message(world.acme, message_id)
    assert (found.state, found.reason_code) == (state, code)
    assert found.reason
    assert len(events(world.acme, f"message.{state}")) == 1


def test_a_dead_address_is_suppressed_and_counts_as_a_permanent_bounce(world: World) -> None:
    maya = mailbox(world.acme)
    with world.acme.acting() as session:
        session.add(Contact(first_name="No", email="not an address", email_hash=keyed_hash("x")))
        session.commit()
    dead = world.acme.contact(email="dead@x.example")

    class Dead(Postbox):
        def send(self, message: OutgoingMessage) -> Sent:
            raise Rejected("550 5.1.1 nobody here", "5.1.1", address_is_dead=True)

    with handing_to(Dead()):
        (message_id,) = queue(world.acme, maya, [dead])
        world.work()
    found = message(world.acme, message_id)
    assert (found.state, found.is_bounce_permanent) == ("failed", True)
    (fact,) = events(world.acme, "message.bounced")
    assert fact.facts == {"permanent": True}
    with world.acme.acting() as session:
        (barred,) = session.query(Suppression).all()
    assert (barred.medium, barred.address_hash, barred.reason) == (
        "email",
        keyed_hash("dead@x.example"),
        "bounced",
    )


def test_what_is_throttled_comes_back_after_the_pause_and_costs_no_attempt(world: World) -> None:
    maya = mailbox(world.acme)
    (message_id,) = queue(world.acme, maya, [world.acme.contact(email="a.throttled@x.example")])
    world.work()
    found = message(world.acme, message_id)
    assert (found.state, found.waiting_for, found.attempted_at, found.attempts) == (
        "queued",
        "throttled",
        None,
        0,
    )
    assert found.due_at is not None
    assert timedelta(seconds=50) < found.due_at - clock.now() <= timedelta(minutes=1)
    assert used_today(world.acme, maya) == 0


def test_what_is_unavailable_is_tried_with_growing_pauses_and_given_up_at_last(world: World) -> None:
    maya = mailbox(world.acme)
    (message_id,) = queue(world.acme, maya, [world.acme.contact(email="a.unavailable@x.example")])
    world.work()
    first = message(world.acme, message_id)
    assert (first.state, first.waiting_for, first.attempts) == ("queued", "unavailable", 1)
    for _ in range(60):
        world.later(hours=6)
    last = message(world.acme, message_id)
    assert (last.state, last.attempts) == ("failed", delivering_outcomes.MOST_ATTEMPTS)
    assert "Given up after 12 tries" in (last.reason or "")
    assert len(events(world.acme, "message.failed")) == 1


def test_a_disconnected_channel_stops_keeps_everything_and_tells_its_owner(world: World) -> None:
    maya = mailbox(world.acme)
    rest = people(world.acme, 3)
    ids = queue(world.acme, maya, [world.acme.contact(email="a.disconnected@x.example"), *rest])
    world.work()
    assert "failed" not in states(world.acme, ids)
    assert message(world.acme, ids[0]).state == "queued"
    with world.acme.acting():
        channel = get_or_404(Channel, maya.id)
    assert (channel.state, channel.state_reason) == (
        "disconnected",
        "The sandbox refuses this channel, as asked.",
    )
    assert len(events(world.acme, "channel.disconnected")) == 1
    world.later(days=1)
    assert message(world.acme, ids[0]).state == "queued"


def test_one_poisoned_row_fails_alone(world: World) -> None:
    maya, crowd = mailbox(world.acme), people(world.acme, 4)
    ids = queue(world.acme, maya, crowd)
    changed(world.acme, message(world.acme, ids[1]), to_address="no address at all")
    changed(world.acme, message(world.acme, ids[2]), merge_values={}, text="{{broken")
    world.work()
    assert states(world.acme, ids) == ["sent", "failed", "failed", "sent"]
    assert message(world.acme, ids[1]).reason_code == "unrenderable"
    assert "could not be written" in (message(world.acme, ids[2]).reason or "")


def test_a_thousand_messages_go_once_each(world: World) -> None:
    maya, postbox = mailbox(world.acme), Postbox()
    priya = world.acme.contact()
    with handing_to(postbox):
        ids = queue(world.acme, maya, [priya] * 1000)
        world.work()
    assert sorted(one.id for one in postbox.taken) == sorted(ids)
    assert used_today(world.acme, maya) == 1000


def test_a_text_goes_out_through_a_number(world: World) -> None:
    desk = number(world.acme)
    (message_id,) = queue(
        world.acme, desk, [world.acme.contact(phone="+13035550117")], text="Hi {{contact.first_name}}",
        merge_values={"contact.first_name": "Priya"},
    )  # fmt: skip
    world.work()
    found = message(world.acme, message_id)
    assert found.state == "sent"
    assert found.from_address == "+13035550100"


def test_an_attachment_that_cannot_be_read_just_now_is_waited_for(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    maya, (reader,) = mailbox(world.acme), people(world.acme, 1)
    ids = queue(world.acme, maya, [reader])
    with serving(world.acme.organization.id):
        (plan,) = keep([File("plan.pdf", "application/pdf", b"%PDF a plan")])
    with world.acme.acting() as session:
        attach(ids[0], [plan])
        session.commit()
    blocker = tmp_path / "a file"
    blocker.write_text("in the way of a folder")
    storage.use(f"file://{blocker}/files")
    try:
        world.work()
        waiting = message(world.acme, ids[0])
        assert (waiting.state, waiting.waiting_for) == ("queued", "unavailable")
    finally:
        storage.use(settings.storage_url)
    world.later(minutes=5)
    assert states(world.acme, ids) == ["sent"]


def test_a_missing_attachment_fails_only_its_own_message(world: World) -> None:
    maya, crowd = mailbox(world.acme), people(world.acme, 2)
    ids = queue(world.acme, maya, crowd)
    with serving(world.acme.organization.id):
        (plan,) = keep([File("plan.pdf", "application/pdf", b"%PDF a plan")])
    with world.acme.acting() as session:
        attach(ids[0], [plan])
        storage.delete(session.scalars(select(Media.file_key)).one())
        session.commit()
    world.work()
    assert states(world.acme, ids) == ["failed", "sent"]
