"""Text, HTML and files of a message, however broken it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError
from mailparser_reply import EmailReplyParser

from loumass.providers.events import Attachment
from loumass.providers.mail import headers
from loumass.providers.mail.quotes import own_lines

_MAXIMUM_PARTS = 500
#: Reply extraction is a chain of regular expressions: nobody's own words are longer than this.
_MAXIMUM_REPLY = 50_000
_MAXIMUM_HTML = 2_000_000
_REPLIES = EmailReplyParser(languages=["en", "de", "fr", "es", "it", "nl", "da", "sv", "pl", "cs"])
_PLAIN = ParserConfig(css=CSS_PROFILES["strict"])


@dataclass(slots=True)
class Body:
    """What a message carries."""

    text: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def read(message: Message) -> Body:
    """The body of `message`; what cannot be read is named in `defects`."""
    body = Body()
    texts: list[str] = []
    htmls: list[str] = []
    for part in _leaves(message, body):
        kind = part.get_content_type()
        if _is_attached(part) or kind not in ("text/plain", "text/html"):
            body.attachments.append(_attachment(part))
        elif kind == "text/html":
            htmls.append(_text(part))
        else:
            texts.append(_text(part))
    body.html = "\n".join(htmls)
    body.text = "\n".join(texts).strip() or html_to_text(body.html)
    return body


def html_to_text(html: str) -> str:
    """What a person would read of `html`."""
    if not html.strip():
        return ""
    try:
        return get_text(html[:_MAXIMUM_HTML], _PLAIN).strip()
    except (LxmlError, ValueError, RecursionError):
        return re.sub(r"<[^>]{0,10000}>", " ", html[:_MAXIMUM_HTML]).strip()


def own_words(text: str) -> str:
    """`text` without what it quotes; all of it when nothing else would be left."""
    return written_now(text) or text.strip()


def written_now(text: str) -> str:
    """`text` without what it quotes and without a signature; nothing where it is nothing else."""
    own = own_lines(text[:_MAXIMUM_REPLY].replace("\x00", ""))
    return (_REPLIES.parse_reply(own) or "").strip() if own else ""


def _leaves(message: Message, body: Body) -> Iterator[Message]:
    """Every part that holds content; a forwarded message is one file, not more parts."""
    waiting, seen = [message], 0
    while waiting:
        part = waiting.pop(0)
        seen += 1
        if seen > _MAXIMUM_PARTS:
            body.defects.append(f"Only the first {_MAXIMUM_PARTS} parts were read.")
            return
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting[:0] = [child for child in inside if isinstance(child, Message)]
        else:
            yield part


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part))


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    text = headers.bytes_to_text(content, _charset(part))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _charset(part: Message) -> str | None:
    charset = part.get_param("charset", None)
    if isinstance(charset, tuple):
        charset = charset[2]
    return charset if isinstance(charset, str) and charset.isascii() and "\x00" not in charset else None


def _attachment(part: Message) -> Attachment:
    content = part.get_payload(decode=True)
    kind = part.get_content_type()
    inside = part.get_payload()
    if not isinstance(content, bytes):
        whole = inside[0] if isinstance(inside, list) and inside and isinstance(inside[0], Message) else part
        content = _flattened(whole)
    name = _file_name(part) or _default_name(kind)
    return Attachment(
        name=name,
        content_type=kind,
        content=content,
        content_id=headers.raw_value(part, "Content-ID").strip("<>"),
        is_inline=part.get_content_disposition() == "inline" or bool(part.get("Content-ID")),
    )


def _flattened(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return b""


def _default_name(kind: str) -> str:
    return {"message/rfc822": "message.eml", "text/calendar": "invitation.ics"}.get(kind, "attachment")


def _file_name(part: Message) -> str:
    """The last component of the name given: a sender must not choose a folder."""
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        name = ""
    return re.split(r"[\\/]", headers.decoded(name))[-1].strip(". ")[:200]
