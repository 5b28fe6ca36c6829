"""E-mail as bytes (RFC 5322, 2045-2047): a skeleton compiled once, values joined in per message.

Everything that is the same for all receivers (structure, encoded literals, From, attachments) is
made when the skeleton is compiled; a message costs its values, its subject and its own headers.
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import MIMEPart
from email.policy import SMTP
from functools import lru_cache
from hashlib import sha256

from loumass.content import headers
from loumass.content.linking import TokenSlot, links_needed
from loumass.content.merge import Filled, MergeText, Slot, one_line

Values = Mapping[str, str | None]
Body = Callable[[Values], bytes]

_ANY_BREAK = re.compile("\r\n|\r|\n")
#: What quoted-printable leaves alone on one line (RFC 2045 section 6.7): most values. A lone dot it does not.
_AS_IT_IS = re.compile(r"(?!\.\Z)[!-<>-~ ]{0,74}[!-<>-~]\Z")
_MANY_REFERENCES = 20
#: Encoded values that each slot of a skeleton keeps.
_REMEMBERED = 32
_QUOTED, _BASE64 = b"quoted-printable", b"base64"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to send along. `content_type` is `type/subtype`; with a `content_id` it is shown in the HTML."""

    filename: str
    content_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Email:
    """What a message says, compiled. Without `html` it is a message of plain text alone."""

    subject: MergeText
    text: MergeText
    html: MergeText | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Author:
    """Whom a message comes from: what stands in From, and in Reply-To where it differs."""

    address: str
    name: str = ""
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What only one message has. `message_id` and the references come with or without angle brackets."""

    to: str
    message_id: str
    date: datetime
    to_name: str = ""
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    unsubscribe_url: str | None = None
    #: Who gets a copy, as (name, address), and everybody sees it.
    cc: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A compiled message; `joined` makes the bytes for one receiver."""

    subject: MergeText
    head: bytes
    reply_to: str | None
    #: The body with a `%b` for each of `slots`.
    body: bytes
    slots: tuple[Body, ...]
    #: The links whose tokens it needs among the values (`linking.token_name`).
    links: tuple[int, ...] = ()

    def joined(self, values: Values, envelope: Envelope, subject: str | None = None) -> bytes:
        """The complete message with CRLF line ends. Pure: the same arguments give the same bytes.

        `subject` overrules the compiled one.

        Raises HeaderInjection, Unaddressable, ValueError (an unsubscribe link too long for its line).
        """
        if subject is None:
            subject = one_line(self.subject.render(values))
        own = _own_headers(envelope, subject, envelope.reply_to or self.reply_to)
        return b"".join([self.head, *own, self.body % tuple([fill(values) for fill in self.slots])])


def skeleton(email: Email, author: Author, extra: Mapping[str, str] | None = None) -> Skeleton:
    """`email` by `author`, ready to be joined. `extra` are further headers, the same for everybody.

    Raises HeaderInjection, Unaddressable.
    """
    lines = [headers.mailbox("From", author.name, author.address), b"MIME-Version: 1.0\r\n"]
    lines += [headers.unstructured(name, value) for name, value in (extra or {}).items()]
    parts = _structure(email)
    body = b"".join([part.replace(b"%", b"%%") if isinstance(part, bytes) else b"%b" for part in parts])
    slots = tuple(part for part in parts if not isinstance(part, bytes))
    texts = (email.text, email.html) if email.html else (email.text,)
    return Skeleton(email.subject, b"".join(lines), author.reply_to, body, slots, links_needed(texts))


def _own_headers(envelope: Envelope, subject: str, reply_to: str | None) -> list[bytes]:
    lines = [
        headers.mailbox("To", envelope.to_name, envelope.to),
        headers.mailboxes("Cc", envelope.cc) if envelope.cc else b"",
        headers.unstructured("Subject", subject),
        headers.date(envelope.date),
        headers.message_ids("Message-ID", [envelope.message_id]),
    ]
    if reply_to:
        lines.append(headers.mailbox("Reply-To", "", reply_to))
    if envelope.in_reply_to:
        references = _shortened(envelope.references or (envelope.in_reply_to,))
        lines.append(headers.message_ids("In-Reply-To", [envelope.in_reply_to]))
        lines.append(headers.message_ids("References", references))
    if envelope.unsubscribe_url:
        lines.append(headers.one_line("List-Unsubscribe", f"<{envelope.unsubscribe_url}>"))
        lines.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    return lines


def _shortened(references: Sequence[str]) -> Sequence[str]:
    """The first and the latest of a long thread (RFC 5322 asks for neither all nor an order lost)."""
    if len(references) <= _MANY_REFERENCES:
        return references
    return [references[0], *references[1 - _MANY_REFERENCES :]]


def _structure(email: Email) -> tuple[bytes | Body, ...]:
    parts = _text_part(b"plain", email.text)
    inline = [attachment for attachment in email.attachments if attachment.content_id and email.html]
    files = [attachment for attachment in email.attachments if attachment not in inline]
    if email.html is not None:
        shown = _text_part(b"html", email.html)
        if inline:
            shown = _multipart(b"related", [shown, *map(_attached, inline)])
        parts = _multipart(b"alternative", [parts, shown])
    if files:
        parts = _multipart(b"mixed", [parts, *map(_attached, files)])
    return tuple(_merged(parts))


def _multipart(subtype: bytes, parts: Sequence[list[bytes | Body]]) -> list[bytes | Body]:
    # "=_" occurs neither in quoted-printable nor in base64, so that no body can contain a boundary.
    boundary = b"=_" + subtype + b"_" + sha256(subtype).hexdigest()[:16].encode()
    made: list[bytes | Body] = [
        b"Content-Type: multipart/" + subtype + b';\r\n boundary="' + boundary + b'"\r\n\r\n'
    ]
    for part in parts:
        made += [b"--" + boundary + b"\r\n", *part, b"\r\n"]
    return [*made, b"--" + boundary + b"--\r\n"]


def _text_part(subtype: bytes, text: MergeText) -> list[bytes | Body]:
    encoding = _encoding(text)
    head = b"Content-Type: text/" + subtype + b"; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding
    if encoding == _BASE64:
        return [head + b"\r\n\r\n", lambda values: _base64(_crlf(text.render(values)).encode())]
    return [head + b"\r\n\r\n", *_quoted_parts(text)]


def _encoding(text: MergeText) -> bytes:
    """Base64 where little is ASCII, else quoted-printable; judged by what all receivers share."""
    literal = "".join(part for part in text.parts if isinstance(part, str)).encode()
    return _BASE64 if sum(octet > 127 for octet in literal) * 3 > len(literal) else _QUOTED


def _quoted_parts(text: MergeText) -> list[bytes | Body]:
    """Literals encoded now, values later. A soft line break stands between neighbours, so that each
    begins a line of its own and can be encoded without knowing the others."""
    made: list[bytes | Body] = [
        _quoted(part) if isinstance(part, str) else _quoted_slot(part) for part in text.parts if part != ""
    ]
    return [*made, b"\r\n"]


def _quoted_slot(slot: Filled) -> Body:
    if isinstance(slot, TokenSlot):
        # Each message has its own, and there is nothing in it to encode.
        return lambda values: slot.fill(values).encode() + b"=\r\n"
    if not isinstance(slot, Slot):
        return lambda values: _quoted(slot.fill(values))

    # Most values are the same from one receiver to the next: the sender's, the organization's, a city.
    @lru_cache(_REMEMBERED)
    def encoded(value: str) -> bytes:
        return _quoted(slot.escape(value))

    return lambda values: encoded(slot.chosen(values))


def _quoted(text: str) -> bytes:
    """`text` in quoted-printable, ending at the start of a line."""
    if _AS_IT_IS.match(text):
        return text.encode() + b"=\r\n"
    encoded = b2a_qp(_crlf(text).encode(), istext=True)
    if b"\r\n" not in encoded:
        encoded = encoded.replace(b"\n", b"\r\n")
    return encoded if not encoded or encoded.endswith(b"\r\n") else encoded + b"=\r\n"


def _base64(raw: bytes) -> bytes:
    encoded = b2a_base64(raw, newline=False)
    return b"\r\n".join([encoded[at : at + 76] for at in range(0, len(encoded), 76)])


def _crlf(text: str) -> str:
    return _ANY_BREAK.sub("\r\n", text)


def _attached(attachment: Attachment) -> list[bytes | Body]:
    """The part of a file; names beyond ASCII follow RFC 2231, long ones are continued."""
    part = MIMEPart(policy=SMTP)
    maintype, _, subtype = headers.safe(attachment.content_type).partition("/")
    if maintype in ("multipart", "message"):
        maintype, subtype = "application", "octet-stream"
    part.set_content(
        attachment.content,
        maintype,
        subtype or "octet-stream",
        disposition="inline" if attachment.content_id else "attachment",
        filename=headers.safe(attachment.filename),
        cid=f"<{headers.safe(attachment.content_id)}>" if attachment.content_id else None,
    )
    return [part.as_bytes(policy=SMTP)]


def _merged(parts: Sequence[bytes | Body]) -> list[bytes | Body]:
    """Neighbouring bytes as one."""
    made: list[bytes | Body] = []
    for part in parts:
        last = made[-1] if made else None
        if isinstance(part, bytes) and isinstance(last, bytes):
            made[-1] = last + part
        else:
            made.append(part)
    return made
