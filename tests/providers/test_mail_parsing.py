"""What arrives by e-mail: replies, files, machines and garbage."""

from __future__ import annotations

import random
from email.message import EmailMessage

import pytest

from loumass.providers.events import MessageArrived
from tests.providers.contract import mangled
from tests.providers.mails import ARF, NOW, arrived, dsn, read
from tests.providers.quoting import ANSWERS

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
