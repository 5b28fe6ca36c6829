"""Header lines as bytes, by RFC 5322 and RFC 2047. A line break can never enter a header."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

import idna

_BREAKS = re.compile("[\r\n\0]")
_PRINTABLE = re.compile(r"[ -~]*\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LOCAL_PART = re.compile(r"""(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}|"(?:[ !#-\[\]-~]|\\[ -~]){0,62}")\Z""")
_MESSAGE_ID = re.compile(r"<?([!-;=?-~]{1,900})>?\Z")
_NAME = re.compile(r"[A-Za-z0-9-]{1,76}\Z")
_FOLD = re.compile(r"(?<=[!-~]) (?=[!-~])")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST = 998
_USUAL = 76


class HeaderInjection(ValueError):
    """A value for a header contains a line break or NUL."""


class Unaddressable(ValueError):
    """The address cannot stand in a header: it is not one, or not one that every server takes."""


def safe(value: str) -> str:
    """`value`, if it can stand in a header. Raises HeaderInjection."""
    if _BREAKS.search(value):
        raise HeaderInjection("A header value contains a line break.")
    return value


def unstructured(name: str, value: str) -> bytes:
    """The line of a header of free text (Subject), folded, with encoded words where needed."""
    if not _NAME.match(name):
        raise HeaderInjection(f"{name!r} is not a header name.")
    start = f"{name}: "
    if _is_plain(safe(value)):
        folded = _folded(start, value)
        if folded is not None:
            return folded
    return (start + _encoded_words(value, _USUAL - len(start)) + "\r\n").encode("ascii")


def one_line(name: str, value: str) -> bytes:
    """The line of a header that must not be folded (RFC 8058). Raises ValueError above 998 octets."""
    line = f"{name}: {safe(value)}".encode("ascii")
    if len(line) > _LONGEST or not _NAME.match(name):
        raise ValueError(f"{name} is longer than one line of {_LONGEST} octets.")
    return line + b"\r\n"


def mailbox(name: str, display_name: str, address: str) -> bytes:
    """The line of a header with one mailbox (From, To, Reply-To). Raises Unaddressable, HeaderInjection."""
    return f"{name}: {_phrase(display_name, len(name) + 2)}<{addr_spec(address)}>\r\n".encode("ascii")


def mailboxes(name: str, people: Iterable[tuple[str, str]]) -> bytes:
    """The lines of a header with several mailboxes (Cc, Bcc), as (name, address). Raises Unaddressable, HeaderInjection."""
    each = [
        mailbox(name, *one).decode("ascii").removeprefix(f"{name}: ").removesuffix("\r\n") for one in people
    ]
    folded = ",\r\n ".join(each)
    return f"{name}: {folded}\r\n".encode("ascii") if each else b""


def addr_spec(address: str) -> str:
    """`address` as it stands between the angle brackets, its domain in ASCII. Raises Unaddressable."""
    local, at, domain = safe(address).strip().rpartition("@")
    if not at or not _LOCAL_PART.match(local):
        raise Unaddressable(f"{address} is not an address that every mail server takes.")
    if not local.startswith('"') and (".." in local or "." in (local[0], local[-1])):
        local = f'"{local}"'
    return f"{local}@{_ascii_domain(domain)}"


def message_ids(name: str, ids: Iterable[str]) -> bytes:
    """The line of In-Reply-To or References; ids that are none are left out, then b'' if none is left."""
    found = [match[1] for match in (_MESSAGE_ID.match(safe(one).strip()) for one in ids) if match]
    folded = "\r\n ".join(f"<{one}>" for one in found)
    return f"{name}: {folded}\r\n".encode("ascii") if found else b""


@lru_cache(8)
def date(moment: datetime) -> bytes:
    """The Date line, in UTC."""
    at = moment.astimezone(UTC)
    return (
        f"Date: {_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} "
        f"{at.hour:02}:{at.minute:02}:{at.second:02} +0000\r\n"
    ).encode("ascii")


def _is_plain(value: str) -> bool:
    return bool(_PRINTABLE.match(value)) and "=?" not in value and value == value.strip()


def _folded(start: str, value: str) -> bytes | None:
    """The header folded at its spaces, or None where a word is too long for a line."""
    lines, line = [], start
    for number, word in enumerate(_FOLD.split(value)):
        joined = line + " " + word if number else line + word
        if number and len(joined) > _USUAL:
            lines.append(line)
            joined = " " + word
        line = joined
        if len(line) > _LONGEST - 1:
            return None
    return "\r\n".join([*lines, line, ""]).encode("ascii")


def _encoded_words(value: str, room: int) -> str:
    """`value` in base64 words of at most 75 octets that never split a character."""
    words, chunk, size = [], [], 0
    limit = _octets(room)
    for character in value:
        width = len(character.encode())
        if size + width > limit:
            words.append("".join(chunk))
            chunk, size, limit = [], 0, _octets(_USUAL - 1)
        chunk.append(character)
        size += width
    words.append("".join(chunk))
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word.encode()).decode()}?=" for word in words)


def _octets(room: int) -> int:
    return max((room - len("=?utf-8?b??=")) // 4 * 3, 4)


def _phrase(display_name: str, used: int) -> str:
    """The display name with the space behind it; the address moves to the next line when it is long."""
    name = safe(display_name).strip()
    if not name:
        return ""
    if _is_plain(name) and len(name) <= 60:
        return (
            f"{name} " if _ATOMS.match(name) else '"' + name.replace("\\", r"\\").replace('"', r"\"") + '" '
        )
    return _encoded_words(name, _USUAL - used) + "\r\n "


@lru_cache(4096)
def _ascii_domain(domain: str) -> str:
    try:
        plain = idna.encode(domain, uts46=True).decode("ascii") if not domain.isascii() else domain.lower()
    except idna.IDNAError as problem:
        raise Unaddressable(f"{domain} is not a domain.") from problem
    if not re.match(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.?)+\Z|\[[0-9A-Fa-f.:]+\]\Z", plain):
        raise Unaddressable(f"{domain} is not a domain.")
    return plain
