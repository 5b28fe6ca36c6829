"""A raw e-mail as events. Never raises: a broken message still arrives with what could be read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser

from loumass.providers.events import MessageArrived, ProviderEvent
from loumass.providers.mail import automatic, bodies, headers, reports
from loumass.providers.mail.addresses import normalised

#: What Gmail keeps of ours where it put its own in the place.
_GIVEN_ID = "X-Google-Original-Message-ID"
_ARRIVED_AT = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "Resent-To")


def read(
    raw: bytes,
    *,
    received_at: datetime,
    own_addresses: Collection[str],
    is_from_sent: bool = False,
    is_from_junk: bool = False,
) -> list[ProviderEvent]:
    """What `raw` tells: a report's bounces and complaints, else one MessageArrived.

    `own_addresses` are this channel's: what they send is an own copy, as is all of a Sent folder.
    """
    message, defects = _parsed(raw)
    own = {normalised(address) for address in own_addresses}
    senders = headers.addresses(message, "From") or headers.addresses(message, "Sender", "Return-Path")
    is_own_copy = is_from_sent or any(normalised(address) in own for _, address in senders[:1])
    if not is_own_copy:
        told = reports.read(message, received_at)
        if told is not None:
            return told
    if is_own_copy and is_from_junk:
        return []  # our address on a mail that the server calls junk: somebody pretends to be us
    arrived = _arrived(message, senders, received_at, is_own_copy, defects)
    return [replace(arrived, is_junk=True) if is_from_junk else arrived]


def _parsed(raw: bytes) -> tuple[Message, list[str]]:
    raw = raw.lstrip(b"\r\n")
    try:
        message = message_from_bytes(raw)
        for part in message.walk():
            part.get_content_type()
        return message, []
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        return BytesHeaderParser().parsebytes(raw[:1_000_000]), [
            "The message is too deeply nested to be read."
        ]


def _arrived(
    message: Message, senders: headers.Addresses, received_at: datetime, is_own_copy: bool, defects: list[str]
) -> MessageArrived:
    body = bodies.read(message)
    name, sender = senders[0] if senders else ("", "")
    identifiers = headers.message_ids(message, "Message-ID")
    answered = headers.message_ids(message, "In-Reply-To")
    given = headers.message_ids(message, _GIVEN_ID) if is_own_copy else ()
    return MessageArrived(
        medium="email",
        sender=sender,
        sender_name=name,
        to=tuple(address for _, address in headers.addresses(message, *_ARRIVED_AT)),
        cc=tuple(address for _, address in headers.addresses(message, "Cc")),
        received_at=received_at,
        subject=headers.text(message, "Subject"),
        message_id=identifiers[0] if identifiers else "",
        given_id=given[0] if given else "",
        in_reply_to=answered[0] if answered else "",
        references=headers.message_ids(message, "References"),
        text=body.text,
        reply_text=bodies.own_words(body.text),
        html=body.html,
        attachments=tuple(body.attachments),
        is_automatic=not is_own_copy
        and (automatic.is_automatic(message) or reports.our_id_in(message) is not None),
        is_own_copy=is_own_copy,
        defects=tuple(defects + body.defects),
    )
