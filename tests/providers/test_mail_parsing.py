"""What arrives by e-mail: replies, files, machines, bounces, complaints and garbage."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import uuid4

import pytest

from loumass.providers.events import (
    Complained,
    MessageArrived,
    MessageBounced,
    MessageDelivered,
    ProviderEvent,
)
from loumass.providers.mail import parsing
from loumass.providers.mail.addresses import bounce_address
from tests.providers.contract import mangled
from tests.providers.quoting import ANSWERS

NOW = datetime(2026, 3, 3, 16, tzinfo=UTC)


def read(raw: bytes | str, **options: bool) -> list[ProviderEvent]:
    raw = raw.replace("\n", "\r\n").encode() if isinstance(raw, str) else raw
    return parsing.read(raw, received_at=NOW, own_addresses=["Maya@Acme.example"], **options)


def arrived(raw: bytes | str) -> MessageArrived:
    (event,) = read(raw)
    assert isinstance(event, MessageArrived)
    return event


REPLY = """\
From: "Raman, Priya" <priya@people.example>
To: Maya <maya@acme.example>, <reply+abc@acme.example>
Cc: boss@people.example
Subject: =?utf-8?q?Re=3A_Einladung_nach_Z=C3=BCrich?=
Message-ID: <reply-1@people.example>
In-Reply-To: <first@acme.example>
References: <root@acme.example>
 <first@acme.example>
Delivered-To: maya@acme.example
Content-Type: text/plain; charset=utf-8

Sounds good, call me.

On Tue, Mar 3, 2026 at 9:00, Maya <maya@acme.example> wrote:
> Would you come?
"""


def test_a_reply_says_who_to_whom_and_to_what() -> None:
    event = arrived(REPLY)
    assert (event.sender, event.sender_name) == ("priya@people.example", "Raman, Priya")
    assert event.to == ("maya@acme.example", "reply+abc@acme.example")
    assert event.cc == ("boss@people.example",)
    assert event.subject == "Re: Einladung nach Zürich"
    assert event.message_id == "reply-1@people.example"
    assert event.in_reply_to == "first@acme.example"
    assert event.references == ("root@acme.example", "first@acme.example")
    assert event.received_at == NOW
    assert not event.is_automatic
    assert not event.is_own_copy


def test_the_person_s_own_words_are_told_apart_from_what_they_quote() -> None:
    event = arrived(REPLY)
    assert event.reply_text == "Sounds good, call me."
    assert "Would you come?" in event.text


def test_a_message_that_is_all_quote_is_kept_whole() -> None:
    event = arrived("From: a@b.example\n\n> only\n> quotes\n")
    assert event.reply_text == "> only\n> quotes"


def test_html_alone_becomes_text_too() -> None:
    event = arrived(
        "From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n"
        "<html><style>p{color:red}</style><p>Grüße,<br>call me</p><script>alert(1)</script></html>"
    )
    assert event.text.split() == ["Grüße,", "call", "me"]
    assert "<p>" in event.html


def test_files_come_with_safe_names() -> None:
    mail = EmailMessage()
    mail["From"] = "a@b.example"
    mail.set_content("See attached")
    mail.add_alternative("<p>See attached <img src='cid:logo'></p>", subtype="html")
    mail.add_attachment(
        b"%PDF", maintype="application", subtype="pdf", filename="../../etc/Angebot Zürich.pdf"
    )
    mail.add_attachment(
        b"GIF", maintype="image", subtype="gif", cid="<logo>", disposition="inline", filename="l.gif"
    )
    inner = EmailMessage()
    inner["Subject"] = "Forwarded"
    inner.set_content("the original")
    mail.add_attachment(inner)
    event = arrived(mail.as_bytes())
    assert event.text.strip() == "See attached"
    assert [(a.name, a.content_type, a.is_inline, a.content_id) for a in event.attachments] == [
        ("Angebot Zürich.pdf", "application/pdf", False, ""),
        ("l.gif", "image/gif", True, "logo"),
        ("message.eml", "message/rfc822", False, ""),
    ]
    assert event.attachments[0].content == b"%PDF"
    assert b"the original" in event.attachments[2].content


def test_our_own_mail_is_an_own_copy_and_never_automatic() -> None:
    event = arrived(b"From: Maya <MAYA@acme.EXAMPLE>\r\nAuto-Submitted: auto-generated\r\n\r\nhi")
    assert event.is_own_copy
    assert not event.is_automatic


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=x",
        "X-Autoreply: yes",
        "X-Autorespond: I am away",
        "Precedence: auto_reply",
        "Precedence: bulk",
        "Return-Path: <>",
        "Subject: Automatic reply: An invitation",
        "Subject: Out of Office: An invitation",
        "Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_invitation?=",
        "Subject: Abwesenheitsnotiz: Einladung",
        "From: no-reply@people.example",
    ],
)
def test_a_machine_s_answer_is_automatic(header: str) -> None:
    sender = "" if header.startswith("From") else "From: priya@people.example\n"
    assert arrived(f"{sender}{header}\nMessage-ID: <x@y>\n\nI am away until Monday.").is_automatic


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "X-Auto-Response-Suppress: All",
        "Subject: Re: Automatic doors",
        "Subject: Re: Out of office space?",
        "Return-Path: <priya@people.example>",
        "Precedence: normal",
    ],
)
def test_a_person_s_answer_is_not(header: str) -> None:
    assert not arrived(f"From: priya@people.example\n{header}\n\nCount me in.").is_automatic


def dsn(
    recipient_fields: str,
    *,
    to: str = "maya@acme.example",
    original: str = "Message-ID: <first@acme.example>",
) -> str:
    return f"""\
Return-Path: <>
From: Mail Delivery System <mailer-daemon@people.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.people.example

{recipient_fields}

--b
Content-Type: message/rfc822

{original}
From: maya@acme.example
Subject: An invitation

Hello
--b--
"""


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


ARF = """\
From: complaints@provider.example
To: maya@acme.example
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is a spam report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1
Original-Rcpt-To: <priya@people.example>

--b
Content-Type: message/rfc822

Message-ID: <first@acme.example>
From: maya@acme.example
To: priya@people.example

Hello
--b--
"""


def test_a_complaint_names_person_and_message() -> None:
    (event,) = read(ARF.format(kind="abuse"))
    assert isinstance(event, Complained)
    assert event.recipient == "priya@people.example"
    assert event.message_id == "first@acme.example"


def test_not_spam_is_no_complaint() -> None:
    assert read(ARF.format(kind="not-spam")) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"no header at all, just words",
        b"\x00\x01\x02\xff\xfe",
        b"From: \xff\xfe <a@b.example>\r\nSubject: \xe9t\xe9\r\n\r\n\xe9t\xe9",
        b"From: =?utf-8?b?!!!?= <a@b.example>\r\nSubject: =?nope?q?x?=\r\n\r\nhi",
        b"From: a@b.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhi",
        b"From: a@b.example\r\nContent-Type: text/plain; charset*=utf-8''%ff\r\n\r\nhi",
        b"From: a@b.example\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nunfinished",
        b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!",
        b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n",
        b"From: a@b.example\r\nContent-Type: message/delivery-status\r\n\r\n",
        b"From: a@b.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x--",
        b"Subject: " + b"a" * 2_000_000 + b"\r\n\r\nhi",
        b"From: a@b.example\r\n" + b"X-Header: y\r\n" * 20_000 + b"\r\nhi",
        b"From: " + b"<" * 50_000 + b"\r\n\r\nhi",
        b"To: " + b'"' * 50_000 + b"\r\n\r\nhi",
        b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n" + b"<div>" * 20_000,
        b"From: a@b.example\r\n\r\n" + b"> " * 50_000 + b"\n" + b"On " * 50_000,
        b"From: a@b.example\r\n\r\n" + b"\n" * 200_000,
    ],
    ids=range(21),
)
def test_a_broken_message_arrives_with_what_can_be_read(raw: bytes) -> None:
    assert read(raw) is not None
    for event in read(raw):
        if isinstance(event, MessageArrived):
            assert "\x00" not in event.text + event.subject + event.sender + event.html


def test_a_message_nested_beyond_reason_still_arrives() -> None:
    nested = b"From: a@b.example\r\nSubject: deep\r\n"
    for depth in range(3_000):
        nested += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth)
    event = arrived(nested)
    assert event.subject == "deep"
    assert event.sender == "a@b.example"
    assert event.defects


@pytest.mark.parametrize("seed", range(150))
def test_any_damage_is_survived(seed: int) -> None:
    samples = [
        REPLY,
        ARF.format(kind="abuse"),
        dsn("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1"),
    ]
    raw = random.Random(seed).choice(samples).replace("\n", "\r\n").encode()
    read(mangled(raw, seed))


@pytest.mark.parametrize(
    ("text", "own"), [(text, own) for _, text, own in ANSWERS], ids=[one[0] for one in ANSWERS]
)
def test_answers_of_all_usual_programs_are_read_without_what_they_quote(text: str, own: str) -> None:
    event = arrived(f"From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n{text}\n")
    assert event.reply_text == own
    assert event.text == text.strip()
