"""What the sandbox's people and servers write, as real e-mail: the same parser reads it as any other."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from uuid import UUID

from loumass.providers.base import SentRecord
from loumass.providers.sandbox.people import Deed, Reaction

_POLICY = SMTP.clone(max_line_length=998)
_SIGNATURE = {True: "\n\n-- \n{name}", False: "\n\n{name}"}


def letter(reaction: Reaction, record: SentRecord, at: datetime) -> bytes:
    """The complete e-mail that `reaction` makes arrive at `record.sender`."""
    if reaction.deed in (Deed.DELIVERED, Deed.BOUNCED, Deed.MAILBOX_FULL):
        return _report(reaction, record, at)
    if reaction.deed is Deed.COMPLAINED:
        return _complaint(record, at)
    return _reply(reaction, record, at)


def name_of(address: str) -> str:
    """The name that `anna.miller@...` would have."""
    local = address.partition("@")[0].partition("+")[0]
    return " ".join(
        part.capitalize() for part in local.replace("_", ".").replace("-", ".").split(".") if part
    )


def _reply(reaction: Reaction, record: SentRecord, at: datetime) -> bytes:
    mail = _envelope(formataddr((name_of(record.to), record.to)), record, at, str(reaction.deed))
    subject = record.subject.removeprefix("Re: ")
    mail["Subject"] = f"Re: {subject}"
    if reaction.deed is Deed.OUT_OF_OFFICE:
        del mail["Subject"]
        mail["Subject"] = f"Automatic reply: {subject}"
        mail["Auto-Submitted"] = "auto-replied"
    if record.message_id:
        mail["In-Reply-To"] = mail["References"] = f"<{record.message_id}>"
    signature = _SIGNATURE[record.id.int % 2 == 0].format(name=name_of(record.to).partition(" ")[0])
    mail.set_content(f"{reaction.text}{signature}{_quoted(record)}\n")
    return mail.as_bytes(policy=_POLICY)


def _quoted(record: SentRecord) -> str:
    if not record.text:
        return ""
    lines = "\n".join(f"> {line}" for line in record.text.splitlines()[:20])
    return f"\n\nOn {record.sent_at:%a, %b %d, %Y at %H:%M}, <{record.sender}> wrote:\n{lines}"


def _report(reaction: Reaction, record: SentRecord, at: datetime) -> bytes:
    action, status, words = {
        Deed.DELIVERED: ("delivered", "2.0.0", "250 2.0.0 delivered to the mailbox"),
        Deed.BOUNCED: ("failed", "5.1.1", f"550 5.1.1 <{record.to}>: no such user here"),
        Deed.MAILBOX_FULL: ("failed", "4.2.2", "452 4.2.2 the mailbox is full; gave up after five days"),
    }[reaction.deed]
    explanation = f"Your message to {record.to}: {words}"
    fields = (
        f"Reporting-MTA: dns; {_domain(record.to)}\r\n\r\n"
        f"Final-Recipient: rfc822; {record.to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n"
    )
    sender = f"Mail Delivery System <mailer-daemon@{_domain(record.to)}>"
    mail = _envelope(sender, record, at, str(reaction.deed))
    mail["Subject"] = "Delivery report" if action == "delivered" else "Undelivered mail returned to sender"
    mail["Auto-Submitted"] = "auto-replied"
    return _multipart(mail, "delivery-status", explanation, fields, record)


def _complaint(record: SentRecord, at: datetime) -> bytes:
    fields = (
        f"Feedback-Type: abuse\r\nUser-Agent: Sandbox/1\r\nVersion: 1\r\nOriginal-Rcpt-To: <{record.to}>\r\n"
    )
    mail = _envelope(f"abuse@{_domain(record.to)}", record, at, "complained")
    mail["Subject"] = "Complaint about a message from you"
    return _multipart(mail, "feedback-report", "The recipient marked this message as spam.", fields, record)


def _multipart(mail: EmailMessage, report: str, explanation: str, fields: str, record: SentRecord) -> bytes:
    boundary = f"=_{record.id.hex}"
    original = f"Message-ID: <{record.message_id}>\r\nTo: {record.to}\r\nFrom: {record.sender}\r\n"
    parts = (
        ("text/plain; charset=utf-8", explanation + "\r\n"),
        (f"message/{report}", fields),
        ("text/rfc822-headers", original),
    )
    body = "".join(f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n{content}\r\n" for kind, content in parts)
    head = mail.as_bytes(policy=_POLICY).rstrip().decode()
    kind = f'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={report}; boundary="{boundary}"'
    return f"{head}\r\n{kind}\r\n\r\n{body}--{boundary}--\r\n".encode()


def _envelope(sender: str, record: SentRecord, at: datetime, what: str) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    mail["Date"] = format_datetime(at)
    mail["From"] = sender
    mail["To"] = record.sender
    mail["Message-ID"] = f"<{_id_of(record.id, what)}@{_domain(record.to)}>"
    return mail


def _id_of(message_id: UUID, what: str) -> str:
    return f"sandbox-{message_id.hex}-{what.replace(' ', '-')}"


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
