"""What servers say of our mail: bounces, delays, deliveries and complaints."""

from __future__ import annotations

from uuid import uuid4

import pytest

from loumass.providers.events import (
    Complained,
    MessageBounced,
    MessageDelivered,
)
from loumass.providers.mail.addresses import bounce_address
from tests.providers.mails import ARF, arrived, dsn, read


def bounced(raw: str) -> MessageBounced:
    (event,) = read(raw)
    assert isinstance(event, MessageBounced)
    return event


def test_a_permanent_bounce_names_message_recipient_and_reason() -> None:
    event = bounced(
        dsn(
            "Final-Recipient: rfc822; priya@people.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 <priya@people.example>: no such user"
        )
    )
    assert event.permanent
    assert event.address_is_dead
    assert event.code == "5.1.1"
    assert event.recipient == "priya@people.example"
    assert event.message_id == "first@acme.example"
    assert "no such user" in event.reason


@pytest.mark.parametrize(
    ("fields", "permanent", "dead", "code"),
    [
        ("Action: failed\nStatus: 5.7.1", True, False, "5.7.1"),
        ("Action: failed\nStatus: 5.2.2", True, False, "5.2.2"),
        ("Action: failed\nStatus: 4.4.7", False, False, "4.4.7"),
        ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown", True, True, "5.1.1"),
        ("Action: Failed\nDiagnostic-Code: smtp; 550 No such user", True, True, "550"),
        ("Action: failed", False, False, ""),
        ("Status: 5.1.2 (bad domain)", True, True, "5.1.2"),
    ],
)
def test_only_a_five_is_permanent(fields: str, permanent: bool, dead: bool, code: str) -> None:
    event = bounced(dsn(f"Final-Recipient: rfc822; priya@people.example\n{fields}"))
    assert (event.permanent, event.address_is_dead, event.code) == (permanent, dead, code)


def test_a_delay_is_no_bounce_and_no_reply() -> None:
    assert read(dsn("Final-Recipient: rfc822; priya@people.example\nAction: delayed\nStatus: 4.4.1")) == []


def test_a_delivery_report_says_delivered() -> None:
    (event,) = read(dsn("Final-Recipient: rfc822; priya@people.example\nAction: delivered\nStatus: 2.0.0"))
    assert isinstance(event, MessageDelivered)


def test_one_report_may_speak_of_several_recipients() -> None:
    events = read(
        dsn(
            "Final-Recipient: rfc822; a@people.example\nAction: failed\nStatus: 5.1.1\n\n"
            "Final-Recipient: rfc822; b@people.example\nAction: failed\nStatus: 4.2.2"
        )
    )
    assert [(e.recipient, e.permanent) for e in events if isinstance(e, MessageBounced)] == [
        ("a@people.example", True),
        ("b@people.example", False),
    ]


def test_our_own_token_identifies_the_message_before_anything_else() -> None:
    ours = uuid4()
    event = bounced(
        dsn(
            "Final-Recipient: rfc822; priya@people.example\nAction: failed\nStatus: 5.1.1",
            to=bounce_address(ours, "bounces.acme.example"),
            original="Message-ID: <something-else@gateway.example>",
        )
    )
    assert event.our_id == ours


def test_a_bounce_in_a_server_s_own_words() -> None:
    event = bounced(
        "Return-Path: <>\nFrom: MAILER-DAEMON@people.example\nTo: maya@acme.example\nSubject: failure notice\n\n"
        "Hi. This is the qmail-send program at people.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<priya@people.example>:\n550 5.1.1 no such user here\n\n"
        "--- Below this line is a copy of the message.\n\nMessage-ID: <first@acme.example>\n"
    )
    assert event.recipient == "priya@people.example"
    assert event.permanent
    assert event.message_id == "first@acme.example"


def test_a_report_without_a_copy_is_known_by_what_it_answers() -> None:
    fields = "Final-Recipient: rfc822; priya@people.example\nAction: failed\nStatus: 5.1.1"
    plain = dsn(fields).replace("Message-ID: <first@acme.example>", "X-Nothing: here")
    assert bounced(plain).message_id == ""
    assert bounced(f"In-Reply-To: <first@acme.example>\n{plain}").message_id == "first@acme.example"
    assert bounced(f"References: <older@x> <first@acme.example>\n{plain}").message_id == "first@acme.example"


def test_an_answer_that_arrives_at_a_bounce_address_is_a_machine_s() -> None:
    address = bounce_address(uuid4(), "bounces.acme.example")
    assert arrived(f"From: priya@people.example\nTo: {address}\nSubject: Hello\n\nI moved on.").is_automatic


def test_a_complaint_names_person_and_message() -> None:
    (event,) = read(ARF.format(kind="abuse"))
    assert isinstance(event, Complained)
    assert event.recipient == "priya@people.example"
    assert event.message_id == "first@acme.example"


def test_not_spam_is_no_complaint() -> None:
    assert read(ARF.format(kind="not-spam")) == []
