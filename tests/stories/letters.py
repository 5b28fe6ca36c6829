"""Mail as people's programs and other servers make it."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr

from loumass.core import clock

MAILBOX = "rosa@summit.example"


def read(content: bytes) -> EmailMessage:
    """A mail as its receiver's program reads it."""
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def words_of(mail: EmailMessage, kind: str = "plain") -> str:
    """What stands in the mail's plain (or html) part."""
    part = mail.get_body((kind,))
    assert part is not None, f"the mail has no {kind} part"
    return str(part.get_content())


def reply_to(
    mail: EmailMessage,
    text: str,
    *,
    sender: str = "",
    subject: str = "",
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """What a person's program makes of an answer: threaded, with the mail quoted below."""
    answer = EmailMessage()
    sender = sender or str(mail["To"])
    answer["From"], answer["To"] = sender, str(mail["Reply-To"] or mail["From"])
    answer["Subject"] = subject or f"Re: {mail['Subject']}"
    answer["Date"] = format_datetime(clock.now())
    answer["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(">"))
    answer["In-Reply-To"] = str(mail["Message-ID"])
    answer["References"] = f"{mail['References'] or ''} {mail['Message-ID']}".strip()
    for name, value in (headers or {}).items():
        answer[name] = value
    quoted = "\n".join(f"> {line}" for line in words_of(mail).splitlines())
    writer = parseaddr(str(mail["From"]))[0]
    answer.set_content(f"{text}\n\nOn {clock.now():%a, %-d %b %Y} {writer} wrote:\n{quoted}\n")
    return answer


def fresh_mail(sender: str, subject: str, text: str, **headers: str) -> EmailMessage:
    """A mail that answers nothing."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, MAILBOX, subject
    mail["Date"], mail["Message-ID"] = format_datetime(clock.now()), make_msgid(domain="elsewhere.example")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def away_note(mail: EmailMessage) -> EmailMessage:
    """What an absent person's program answers by itself (RFC 3834)."""
    return reply_to(
        mail,
        "I am out of the office until Monday.",
        subject=f"Automatic reply: {mail['Subject']}",
        headers={"Auto-Submitted": "auto-replied"},
    )


def bounce_of(
    mail: EmailMessage, *, status: str = "5.1.1", action: str = "failed", mailbox: str = MAILBOX
) -> bytes:
    """A delivery status notification (RFC 3464) about `mail`, from the other side's server."""
    to = str(mail["To"]).rpartition("<")[2].strip(">")
    head = "".join(f"{name}: {mail[name]}\r\n" for name in ("From", "To", "Subject", "Message-ID"))
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.elsewhere.example>\r\n"
        f"To: <{mailbox}>\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        f"Date: {format_datetime(clock.now())}\r\nMessage-ID: {make_msgid(domain='mx.elsewhere.example')}\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="line"\r\n\r\n'
        f"--line\r\nContent-Type: text/plain\r\n\r\nThe mail to {to} could not be delivered.\r\n\r\n"
        "--line\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.elsewhere.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {status.replace('.', '')[:1]}50 {status} no such user here\r\n\r\n"
        f"--line\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n--line--\r\n"
    ).encode()
