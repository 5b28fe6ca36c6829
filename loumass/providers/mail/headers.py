"""Reading headers that anybody may have written: never raises, decodes what can be decoded."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")
_ADDRESS = re.compile(r"<?([^<>\s,;\"'()]+@[^<>\s,;\"'()]+)>?")
_MAXIMUM = 100_000

Addresses = list[tuple[str, str]]


def raw_values(message: Message, name: str) -> list[str]:
    """Every value of header `name`, unfolded, undeclared bytes read as UTF-8 or else cp1252."""
    wanted = name.lower()
    return [_unfolded(str(value)) for key, value in message.raw_items() if key.lower() == wanted]


def raw_value(message: Message, name: str) -> str:
    """The first value of header `name`, or nothing."""
    values = raw_values(message, name)
    return values[0] if values else ""


def text(message: Message, name: str) -> str:
    """The first value of header `name` for people: encoded words decoded, no control characters."""
    return decoded(raw_value(message, name))


def decoded(value: str) -> str:
    """`value` with its encoded words (RFC 2047) decoded; what cannot be stays as it is."""
    if "=?" not in value:
        return _printable(value)
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError):
        return _printable(value)
    return _printable("".join(_chunk(content, charset) for content, charset in chunks))


def bytes_to_text(content: bytes, charset: str | None) -> str:
    """`content` in `charset` where that works, else UTF-8, else cp1252 with replacement marks."""
    for candidate in (charset, "utf-8"):
        try:
            return content.decode(candidate or "utf-8")
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def addresses(message: Message, *names: str) -> Addresses:
    """(display name, bare address) of every mailbox in these headers, without repeats."""
    found: dict[str, tuple[str, str]] = {}
    for name in names:
        for value in raw_values(message, name):
            for label, address in _parsed(value):
                found.setdefault(address.casefold(), (decoded(label), address))
    return list(found.values())


def message_ids(message: Message, name: str) -> tuple[str, ...]:
    """The Message-IDs in header `name`, without angle brackets, in order, without repeats."""
    value = " ".join(raw_values(message, name))
    found = _MESSAGE_ID.findall(value) or [part for part in value.split() if "@" in part]
    return tuple(dict.fromkeys(part.strip("<>") for part in found))


def _parsed(value: str) -> Addresses:
    parsed = [(label, address.strip()) for label, address in getaddresses([value]) if "@" in address]
    return parsed or [("", address) for address in _ADDRESS.findall(value)]


def _unfolded(value: str) -> str:
    raw = value[:_MAXIMUM].encode("utf-8", "surrogateescape")
    return re.sub(r"\r?\n(?=[ \t])|[\r\n]+", "", bytes_to_text(raw, None)).strip()


def _chunk(content: bytes | str, charset: str | None) -> str:
    return content if isinstance(content, str) else bytes_to_text(content, charset)


def _printable(value: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", value).strip()
