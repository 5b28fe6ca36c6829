"""Delivered, bounced, called spam; STOP, START and HELP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loumass.channels.models import Channel
from loumass.contacts.models import Consent, Suppression
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.core.secrets import keyed_hash
from loumass.messages.models import Conversation, Message
from loumass.messages.receiving import OutcomeAwaited
from loumass.providers.events import (
    Complained,
    HelpAsked,
    MessageBounced,
    MessageDelivered,
    OptedIn,
    OptedOut,
)
from tests.messages.letters import (
    NUMBER,
    brings,
    count_of,
    figures,
    mailbox,
    number,
    one,
    rows,
    sms,
    told,
    written,
)
from tests.world import World

PRIYA, PHONE = "priya@foothill.example", "+13035550164"


def test_a_receipt_is_noted_once(world: World) -> None:
    priya, line = world.acme.contact(phone=PHONE), number(world.acme)
    written(world.acme, line, priya, provider_message_id="SM1")
    for _ in range(2):
        brings(world.acme, line, MessageDelivered(at=clock.now(), provider_message_id="SM1", recipient=PHONE))
    assert one(world.acme, Message).delivered_at is not None
    assert len(told(world.acme, "message.delivered")) == 1


def test_a_receipt_that_overtakes_our_own_outcome_is_noted(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(
        world.acme,
        box,
        priya,
        state="sending",
        sent_at=None,
        lease_token=uuid7(),
        lease_until=clock.now() + timedelta(minutes=1),
    )
    brings(world.acme, box, MessageDelivered(at=clock.now(), our_id=asked.id))
    message = one(world.acme, Message)
    assert (message.state, message.delivered_at is not None) == ("sending", True)


def test_a_receipt_whose_id_we_do_not_know_yet_waits_for_our_outcome(world: World) -> None:
    priya, line = world.acme.contact(phone=PHONE), number(world.acme)
    written(world.acme, line, priya, state="sending", sent_at=None, attempted_at=clock.now())
    with pytest.raises(OutcomeAwaited):
        brings(world.acme, line, MessageDelivered(at=clock.now(), provider_message_id="SM9", recipient=PHONE))
    clock.advance(timedelta(hours=1))
    brings(
        world.acme,
        line,
        MessageDelivered(at=clock.now() - timedelta(hours=1), provider_message_id="SM9", recipient=PHONE),
    )
    assert one(world.acme, Message).delivered_at is None


def test_a_receipt_about_somebody_elses_message_is_nothing(world: World) -> None:
    line = number(world.acme)
    brings(world.acme, line, MessageDelivered(at=clock.now(), provider_message_id="SM9", recipient=PHONE))
    assert count_of(world.acme, Message) == 0


def test_what_was_delivered_is_no_longer_in_doubt(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya, state="in_doubt", sent_at=None)
    brings(world.acme, box, MessageDelivered(at=clock.now(), message_id=asked.rfc_message_id or ""))
    assert one(world.acme, Message).state == "sent"
    assert len(told(world.acme, "message.sent")) == 1


def test_a_permanent_bounce_suppresses_the_address_and_is_told(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya, enrollment_id=uuid7())
    for _ in range(2):
        brings(world.acme, box, bounce(asked, code="5.1.1", permanent=True))
    message, entry = one(world.acme, Message), one(world.acme, Suppression)
    assert message.is_bounce_permanent
    assert message.reason == "No such user"
    assert (entry.reason, entry.address_hash) == ("bounced", keyed_hash(PRIYA))
    (news,) = told(world.acme, "message.bounced")
    assert news.facts["permanent"] is True
    assert news.enrollment_id == asked.enrollment_id
    assert figures(world.acme).bounced == 1


def test_a_passing_bounce_is_only_noted(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    brings(world.acme, box, bounce(asked, code="4.2.2", permanent=False))
    assert one(world.acme, Message).is_bounce_permanent is False
    assert count_of(world.acme, Suppression) == 0
    assert told(world.acme, "message.bounced")[0].facts["permanent"] is False
    assert figures(world.acme).bounced == 0
    brings(world.acme, box, bounce(asked, code="5.1.1", permanent=True))
    assert one(world.acme, Message).is_bounce_permanent
    brings(world.acme, box, bounce(asked, code="4.2.2", permanent=False))
    assert one(world.acme, Message).is_bounce_permanent


def test_a_refusal_by_policy_says_nothing_about_the_address(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    brings(world.acme, box, bounce(written(world.acme, box, priya), code="5.7.1", permanent=True))
    assert one(world.acme, Message).is_bounce_permanent
    assert count_of(world.acme, Suppression) == 0


def test_a_forged_report_cannot_suppress_somebody_else(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    brings(world.acme, box, bounce(asked, code="5.1.1", permanent=True, recipient="tom@okafor.example"))
    assert one(world.acme, Suppression).address_hash == keyed_hash(PRIYA)
    unknown = MessageBounced(
        at=clock.now(), permanent=True, recipient="eve@okafor.example", message_id="nobody@elsewhere"
    )
    brings(world.acme, box, unknown)
    assert count_of(world.acme, Suppression) == 1


def test_a_report_on_another_channel_needs_a_proven_id(world: World) -> None:
    asked = written(world.acme, mailbox(world.acme), world.acme.contact())
    brings(world.acme, mailbox(world.acme, "ben@acme.example"), bounce(asked, code="5.1.1", permanent=True))
    assert one(world.acme, Message).bounced_at is None


def test_globex_cannot_bounce_acmes_message(world: World) -> None:
    asked = written(world.acme, mailbox(world.acme), world.acme.contact())
    theirs = mailbox(world.globex, "info@globex.example")
    brings(
        world.globex, theirs, MessageBounced(at=clock.now(), our_id=asked.id, permanent=True, code="5.1.1")
    )
    assert one(world.acme, Message).bounced_at is None
    assert count_of(world.globex, Suppression) == 0


def test_a_complaint_ends_all_mail_to_the_address(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    for _ in range(2):
        brings(world.acme, box, Complained(at=clock.now(), message_id=asked.rfc_message_id or ""))
    assert one(world.acme, Suppression).reason == "complained"
    assert told(world.acme, "contact.complained")[0].contact_id == priya.id
    assert figures(world.acme).complained == 1


def test_stop_suppresses_the_number_and_is_no_reply(world: World) -> None:
    priya, line = world.acme.contact(phone=PHONE), number(world.acme)
    written(world.acme, line, priya, enrollment_id=uuid7())
    brings(world.acme, line, sms(PHONE, "STOP"), said(OptedOut, "STOP"))
    assert one(world.acme, Suppression, medium="sms").reason == "unsubscribed"
    ledger = one(world.acme, Consent)
    assert (ledger.is_granted, ledger.source) == (False, "Their text: STOP")
    (news,) = told(world.acme, "contact.unsubscribed")
    assert (news.contact_id, news.facts["medium"]) == (priya.id, "sms")
    assert told(world.acme, "message.replied") == []
    conversation = one(world.acme, Conversation)
    assert conversation.needs_reply_since is None
    assert conversation.unread_since is not None


def test_stop_of_a_stranger_is_kept_by_its_number(world: World) -> None:
    line = number(world.acme)
    brings(world.acme, line, sms(PHONE, "STOP"), said(OptedOut, "STOP"))
    assert one(world.acme, Suppression).address_hash == keyed_hash(PHONE)


def test_stop_also_bars_the_number_we_keep_for_the_person(world: World) -> None:
    world.acme.contact(phone="+523035550164")
    line = number(world.acme)
    brings(world.acme, line, sms(PHONE, "STOP"), said(OptedOut, "STOP"))
    barred = {row.address_hash for row in rows(world.acme, Suppression)}
    assert barred == {keyed_hash(PHONE), keyed_hash("+523035550164")}


def test_start_takes_a_stop_back(world: World) -> None:
    world.acme.contact(phone=PHONE)
    line = number(world.acme)
    brings(world.acme, line, sms(PHONE, "STOP"), said(OptedOut, "STOP"))
    brings(world.acme, line, sms(PHONE, "START"), said(OptedIn, "START"))
    assert count_of(world.acme, Suppression) == 0
    assert [row.is_granted for row in rows(world.acme, Consent)] == [False, True]
    assert len(told(world.acme, "contact.resubscribed")) == 1


def test_a_yes_of_somebody_who_never_stopped_is_an_answer(world: World) -> None:
    priya, line = world.acme.contact(phone=PHONE), number(world.acme)
    written(world.acme, line, priya, enrollment_id=uuid7())
    brings(world.acme, line, sms(PHONE, "Yes"), said(OptedIn, "Yes"))
    assert len(told(world.acme, "message.replied")) == 1
    assert one(world.acme, Conversation).needs_reply_since is not None


@pytest.mark.parametrize("is_answered", [True, False])
def test_help_needs_a_person_only_where_the_provider_is_silent(world: World, is_answered: bool) -> None:
    priya, line = world.acme.contact(phone=PHONE), number(world.acme)
    written(world.acme, line, priya, enrollment_id=uuid7())
    brings(world.acme, line, sms(PHONE, "HELP"), said(HelpAsked, "HELP", is_answered=is_answered))
    assert told(world.acme, "message.replied") == []
    assert (one(world.acme, Conversation).needs_reply_since is None) == is_answered
    assert count_of(world.acme, Suppression) == 0


def bounce(message: Message, *, code: str, permanent: bool, recipient: str = PRIYA) -> MessageBounced:
    """A report on `message` by its Message-ID."""
    return MessageBounced(
        at=clock.now(),
        message_id=message.rfc_message_id or "",
        recipient=recipient,
        permanent=permanent,
        code=code,
        reason="No such user",
    )


def said(
    kind: type[OptedOut | OptedIn | HelpAsked], word: str, *, is_answered: bool = True
) -> OptedOut | OptedIn | HelpAsked:
    """The keyword event that comes along with the text."""
    return kind(medium="sms", sender=PHONE, to=NUMBER, at=clock.now(), keyword=word, is_answered=is_answered)


def test_channels_are_told_apart(world: World) -> None:
    first, second = number(world.acme), number(world.acme, "+13035550188")
    assert isinstance(first, Channel)
    priya = world.acme.contact(phone=PHONE)
    written(world.acme, first, priya, provider_message_id="SM1")
    brings(
        world.acme, second, MessageDelivered(at=clock.now() - timedelta(hours=2), provider_message_id="SM1")
    )
    assert one(world.acme, Message).delivered_at is None
