"""Mails for tests, and how they are read: reports of servers, complaints."""

from __future__ import annotations

from datetime import UTC, datetime

from loumass.providers.events import MessageArrived, ProviderEvent
from loumass.providers.mail import parsing

NOW = datetime(2026, 3, 3, 16, tzinfo=UTC)


def read(raw: bytes | str, **options: bool) -> list[ProviderEvent]:
    raw = raw.replace("\n", "\r\n").encode() if isinstance(raw, str) else raw
    return parsing.read(raw, received_at=NOW, own_addresses=["Maya@Acme.example"], **options)


def arrived(raw: bytes | str) -> MessageArrived:
    (event,) = read(raw)
    assert isinstance(event, MessageArrived)
    return event


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
