"""What comes from the wild made fit for PostgreSQL: no NULs, no lone surrogates, no endless texts."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any, TypeVar

#: A text column takes 1 GB; a page does not. Nobody reads a message of more than a million letters.
LONGEST_TEXT = 1_000_000
LONGEST_LINE = 998
#: Ids and addresses are indexed, and an index takes 2,704 bytes.
LONGEST_KEY = 500
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_TEXTS = ("text", "reply_text", "html", "reason")
_KEYS = (
    "sender", "recipient", "message_id", "given_id", "in_reply_to", "references", "thread_id", "provider_message_id", "to", "cc",
)  # fmt: skip
_LONGEST: dict[str, int] = {name: LONGEST_TEXT for name in _TEXTS} | {name: LONGEST_KEY for name in _KEYS}  # noqa: C420  typed by str

Event = TypeVar("Event")


def fit(value: str) -> str:
    """`value` without NULs; what is half a character becomes U+FFFD."""
    return _UNFIT.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", value)


def cleaned(event: Event) -> Event:
    """A provider event whose texts PostgreSQL takes. Everything has a longest length."""
    changes = {}
    for field in fields(event):  # pyright: ignore[reportArgumentType]  every provider event is a dataclass
        value = getattr(event, field.name)
        fitting = _fitting(field.name, value)
        if fitting is not value:
            changes[field.name] = fitting
    return replace(event, **changes) if changes else event  # pyright: ignore[reportArgumentType]


def _fitting(name: str, value: Any) -> Any:
    longest = _LONGEST.get(name, LONGEST_LINE)
    if isinstance(value, str):
        return fit(value)[:longest]
    if isinstance(value, tuple) and value and all(isinstance(one, str) for one in value):
        return tuple(fit(one)[:longest] for one in value)
    return value
