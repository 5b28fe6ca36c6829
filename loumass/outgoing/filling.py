"""What of an answer fills which field of the contact: written as lines, read back typed and bounded."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

#: Contact fields that have a column of their own and may be filled; never an address.
COLUMNS = ("first_name", "last_name", "company", "title", "city", "state", "country")
TYPES = ("text", "number", "yes/no", "date")
MOST_FILLS, LONGEST_VALUE = 10, 500
_LONGEST_NUMBER = 40
_NEVER = frozenset({"email", "phone", "external_id", "timezone", "source", "full_name", "owner"})
_LINE = re.compile(r"(?P<path>[\w.-]+)\s*->\s*(?P<field>[\w ]+?)(?:\s*\((?P<type>[a-z/]+)\))?\Z")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")


@dataclass(frozen=True, slots=True)
class Fill:
    """The value at `path` (names separated by dots) fills `field`, if it is of `type`."""

    path: str
    field: str
    type: str = "text"

    def as_json(self) -> list[str]:
        return [self.path, self.field, self.type]


def read_fills(typed: str) -> tuple[Fill, ...]:
    """One for each line `path -> field (type)`. Raises ValueError, saying what is wrong."""
    fills = [_fill(line) for line in filter(None, map(str.strip, typed.splitlines()))]
    if len(fills) > MOST_FILLS:
        raise ValueError(f"fills more than {MOST_FILLS} fields")
    return tuple(fills)


def values_of(fills: Sequence[Sequence[str]], content: bytes) -> dict[str, str]:
    """What the answer says for each field; nothing for what is absent, too long, or of another type."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    found = {field: _typed(_at(said, path), kind) for path, field, kind in fills}
    return {field: value for field, value in found.items() if value is not None}


def _fill(line: str) -> Fill:
    found = _LINE.match(line)
    if not found:
        raise ValueError(f"has “{line[:40]}”, which is not written like score -> lead_score (number)")
    name = found["field"].strip().lower().replace(" ", "_")
    kind = found["type"] or "text"
    if kind not in TYPES:
        raise ValueError(f"knows no type {kind}; there are {', '.join(TYPES)}")
    if name in _NEVER or not _KEY.match(name):
        raise ValueError(f"cannot fill {name}")
    return Fill(found["path"], name, kind)


def _at(said: Any, path: str) -> Any:
    for name in path.split("."):
        said = said.get(name) if isinstance(said, Mapping) else None
    return said


def _typed(value: Any, kind: str) -> str | None:
    """`value` as text, or None where it is not of `kind`."""
    if isinstance(value, bool):
        return ("yes" if value else "no") if kind == "yes/no" else None
    if kind == "number":
        return str(value) if isinstance(value, int | float) and len(str(value)) <= _LONGEST_NUMBER else None
    if kind == "yes/no" or not isinstance(value, str | int | float):
        return None
    text = "".join(letter for letter in str(value) if letter.isprintable()).strip()
    if kind == "date":
        return _day(text)
    return text if text and len(text) <= LONGEST_VALUE else None


def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None
