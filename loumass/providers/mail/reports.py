"""Bounces (RFC 3464) and complaints (RFC 5965), and the bounces that follow no RFC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_string
from email.message import Message
from uuid import UUID

from flufl.bounce import all_failures

from loumass.providers.events import Complained, MessageBounced, MessageDelivered, ProviderEvent
from loumass.providers.mail import automatic, codes, headers
from loumass.providers.mail.addresses import message_of

_ARRIVED_AT = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To")
_TEXT_SEARCHED = 20_000
#: Servers that attach no copy often write its beginning into their own words.
_QUOTED_ID = re.compile(r"\bMessage-ID:\s*<([^<>\s]{3,400})>", re.IGNORECASE)


def read(message: Message, at: datetime) -> list[ProviderEvent] | None:
    """The events that a report tells; empty when it only says "delayed"; None when it is no report."""
    complaint = next(_parts(message, "message/feedback-report"), None)
    if complaint is not None:
        return _complaints(message, _block(complaint), at)
    statuses = list(_parts(message, "message/delivery-status"))
    if statuses:
        return _statuses(message, statuses, at)
    if automatic.is_from_a_machine(message) or automatic.has_null_sender(message) or our_id_in(message):
        return _unstructured(message, at)
    return None


def _complaints(message: Message, report: Message, at: datetime) -> list[ProviderEvent]:
    if headers.raw_value(report, "Feedback-Type").lower() not in (
        "abuse",
        "fraud",
        "other",
        "opt-out",
        "virus",
    ):
        return []
    recipients = headers.addresses(report, "Original-Rcpt-To", "Removal-Recipient")
    original = _original(message)
    sent_from = message_of(headers.raw_value(report, "Original-Mail-From"))
    return [
        Complained(
            at=at,
            our_id=our_id_in(message) or sent_from,
            message_id=_original_message_id(message),
            recipient=recipients[0][1] if recipients else _first_address(original, "To"),
        )
    ]


def _statuses(message: Message, statuses: list[Message], at: datetime) -> list[ProviderEvent]:
    our_id, message_id = our_id_in(message), _original_message_id(message)
    events: list[ProviderEvent] = []
    for part in statuses:
        for block in _blocks(part):
            event = _recipient_status(block, at, our_id, message_id)
            if event is not None:
                events.append(event)
    return events


def _recipient_status(
    block: Message, at: datetime, our_id: UUID | None, message_id: str
) -> ProviderEvent | None:
    action = headers.raw_value(block, "Action").partition(" ")[0].lower()
    recipient = _typed(headers.raw_value(block, "Original-Recipient")) or _typed(
        headers.raw_value(block, "Final-Recipient")
    )
    diagnostic = _typed(headers.text(block, "Diagnostic-Code"))
    code = codes.enhanced_code(headers.raw_value(block, "Status")) or codes.failure_code(diagnostic)
    if not (action or code):
        return None
    if action == "delivered":
        return MessageDelivered(at=at, our_id=our_id, message_id=message_id, recipient=recipient)
    if action in ("delayed", "relayed", "expanded"):
        return None
    specific = codes.enhanced_code(diagnostic) if code in ("5.0.0", "4.0.0") else ""
    code = specific or code
    permanent = codes.is_permanent(code)
    return MessageBounced(
        at=at,
        our_id=our_id,
        message_id=message_id,
        recipient=recipient,
        permanent=permanent,
        code=code,
        reason=diagnostic or headers.text(block, "Status"),
        address_is_dead=permanent and codes.address_is_dead(code, diagnostic),
    )


def _unstructured(message: Message, at: datetime) -> list[ProviderEvent] | None:
    """A bounce in some server's own words. Permanent only when the words carry a 5xx code."""
    try:
        temporary, permanent = all_failures(message)
    except (ValueError, LookupError, AttributeError, TypeError):
        return None
    recipients = sorted(address.decode("ascii", "replace") for address in temporary | permanent)
    if not recipients:
        return None
    reason = _first_text(message)
    code = codes.failure_code(reason)
    is_final = bool(permanent) and codes.is_permanent(code)
    return [
        MessageBounced(
            at=at,
            our_id=our_id_in(message),
            message_id=_original_message_id(message),
            recipient=recipient,
            permanent=is_final,
            code=code,
            reason=reason[:500],
            address_is_dead=is_final and codes.address_is_dead(code, reason),
        )
        for recipient in recipients
    ]


def our_id_in(message: Message) -> UUID | None:
    """Our message whose bounce address `message` arrived at."""
    found = (message_of(address) for _, address in headers.addresses(message, *_ARRIVED_AT))
    return next((our_id for our_id in found if our_id), None)


def _original(message: Message) -> Message | None:
    for kind in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
        part = next(_parts(message, kind), None)
        if part is not None:
            return _block(part)
    return None


def _original_message_id(message: Message) -> str:
    """The Message-ID of what a report is about: from the copy in it, from the headers that answer it, from its words."""
    original = _original(message)
    ids = headers.message_ids(original, "Message-ID") if original is not None else ()
    ids = (
        ids or headers.message_ids(message, "In-Reply-To") or headers.message_ids(message, "References")[-1:]
    )
    if ids:
        return ids[0]
    quoted = _QUOTED_ID.search(_first_text(message))
    return quoted[1] if quoted else ""


def _first_address(message: Message | None, name: str) -> str:
    found = headers.addresses(message, name) if message is not None else []
    return found[0][1] if found else ""


def _blocks(part: Message) -> list[Message]:
    inside = part.get_payload()
    if isinstance(inside, list):
        return [block for block in inside if isinstance(block, Message)]
    return [_block(part)]


def _block(part: Message) -> Message:
    """The message or the fields that `part` wraps, also when it was left as text."""
    inside = part.get_payload()
    if isinstance(inside, list):
        return inside[0] if inside and isinstance(inside[0], Message) else Message()
    content = part.get_payload(decode=True)
    return message_from_string(headers.bytes_to_text(content, None) if isinstance(content, bytes) else "")


def _first_text(message: Message) -> str:
    for part in _parts(message, "text/plain"):
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            return re.sub(r"\s+", " ", headers.bytes_to_text(content[:_TEXT_SEARCHED], None)).strip()
    return ""


def _typed(value: str) -> str:
    """The value of a typed field like `rfc822; a@b.example`."""
    kind, semicolon, rest = value.partition(";")
    return (rest if semicolon and "@" not in kind else value).strip().strip("<>")


def _parts(message: Message, kind: str) -> Iterator[Message]:
    return (part for part in message.walk() if part.get_content_type() == kind)
