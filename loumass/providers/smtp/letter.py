"""A message as SMTP wants it: envelope commands and dot-stuffed content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from loumass.providers.base import OutgoingMessage, refuse_control_characters
from loumass.providers.errors import Rejected
from loumass.providers.mail.addresses import is_plausible, on_the_wire

END = b".\r\n"
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Letter:
    """Ready to be written. `content` ends with CRLF and lacks only `END`."""

    id: UUID
    message_id: str
    mail: bytes
    rcpts: tuple[bytes, ...]
    content: bytes


def letter(message: OutgoingMessage, envelope_sender: str, extensions: Mapping[str, str]) -> Letter:
    """`message` for a server that announced `extensions` (lower-case names, as EHLO listed them).

    Raises Rejected when no server, or just this one, could take it.
    """
    refuse_control_characters(message)
    sender, recipients = _own_mailbox(envelope_sender), _recipients(message)
    content = crlf(message.mime)
    if not content.strip():
        raise Rejected("The message is empty.")
    return Letter(
        id=message.id,
        message_id=message.message_id,
        mail=_mail(sender, recipients, content, extensions),
        rcpts=tuple(f"RCPT TO:<{one}>\r\n".encode() for one in recipients),
        content=_dot_stuffed(content),
    )


@lru_cache(256)
def _own_mailbox(address: str) -> str:
    return _mailbox(address)


def _recipients(message: OutgoingMessage) -> tuple[str, ...]:
    """Whom it goes to, the one it is for first."""
    first = _mailbox(message.to)
    if not message.copies:
        return (first,)
    for copy in message.copies:
        if not is_plausible(copy):
            raise Rejected(f"{copy}, which was to get a copy, is not an e-mail address.", "5.1.3")
    return tuple(dict.fromkeys((first, *map(_mailbox, message.copies))))


def _mailbox(address: str) -> str:
    if not is_plausible(address):
        raise Rejected(f"{address} is not an e-mail address.", "5.1.3", address_is_dead=True)
    try:
        return on_the_wire(address)
    except UnicodeError as problem:
        raise Rejected(f"{address} has an impossible domain.", "5.1.2", address_is_dead=True) from problem


def _mail(sender: str, recipients: tuple[str, ...], content: bytes, extensions: Mapping[str, str]) -> bytes:
    parameters = [f"MAIL FROM:<{sender}>"]
    if "size" in extensions:
        limit = extensions["size"].strip()
        if limit.isascii() and limit.isdigit() and 0 < int(limit) < len(content):
            raise Rejected(
                f"The message has {len(content):,} bytes; the server takes {int(limit):,} at most.", "5.3.4"
            )
        parameters.append(f"SIZE={len(content)}")
    is_ascii = content.isascii()
    head_is_ascii = is_ascii or content.partition(b"\r\n\r\n")[0].isascii()
    if not (sender.isascii() and all(one.isascii() for one in recipients) and head_is_ascii):
        if "smtputf8" not in extensions:
            raise Rejected("The server does not take international addresses (SMTPUTF8).", "5.6.7")
        parameters.append("SMTPUTF8")
    if not is_ascii and "8bitmime" in extensions:
        parameters.append("BODY=8BITMIME")
    return f"{' '.join(parameters)}\r\n".encode()


def crlf(mime: bytes) -> bytes:
    """Every line end as CRLF: a bare CR or LF lets servers disagree on where a message ends."""
    pairs = mime.count(b"\r\n")
    if mime.count(b"\r") != pairs or mime.count(b"\n") != pairs:
        mime = _LINE_END.sub(b"\r\n", mime)
    return mime if mime.endswith(b"\r\n") else mime + b"\r\n"


def _dot_stuffed(content: bytes) -> bytes:
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
