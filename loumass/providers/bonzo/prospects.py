"""What Bonzo's answers say of a person and a message. Pure; nothing of it is taken for granted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: So many figures tell numbers apart that are written with and without their country.
_TAIL = 10
_TRUE = (True, 1, "1", "true", "yes")
_FALSE = (False, 0, "0", "false", "no")
_OUTBOUND = frozenset({"outbound", "outgoing", "out", "sent"})
_INBOUND = frozenset({"inbound", "incoming", "in", "received"})


@dataclass(frozen=True, slots=True)
class Prospect:
    """A person as Bonzo knows them."""

    id: str
    phone: str
    #: They are marked as do not contact, or took their consent to texts back.
    says_no: bool


def prospect_of(told: Any) -> Prospect | None:
    """The prospect that `told` is, or None."""
    if not isinstance(told, Mapping) or not (number := id_of(told.get("id") or told.get("prospect_id"))):
        return None
    return Prospect(number, words(told.get("phone")), says_no(told))


def says_no(told: Mapping[str, Any]) -> bool:
    """Whether a prospect must not be texted."""
    opted_out = told.get("sms_opt_in") in _FALSE if told.get("sms_opt_in") is not None else False
    return opted_out or any(told.get(name) in _TRUE for name in ("dnc", "sms_opt_out", "opted_out"))


def is_same_number(one: str, other: str) -> bool:
    """Whether both are one number, with or without their country."""
    first, second = (figures(value)[-_TAIL:] for value in (one, other))
    return bool(first) and first == second


def figures(value: str) -> str:
    """The figures of a number."""
    return "".join(character for character in value if character in "0123456789")


def listed(content: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, whether it stands alone or (paged) under `data`."""
    inner = content.get("data", content.get("messages")) if isinstance(content, Mapping) else content
    if isinstance(inner, Mapping):
        inner = inner.get("data", inner.get("messages"))
    for one in inner if isinstance(inner, list) else ():
        if isinstance(one, Mapping):
            yield one


def one(content: Any) -> Mapping[str, Any]:
    """A single object, bare or under `data`; empty when there is none."""
    inner = content.get("data", content) if isinstance(content, Mapping) else {}
    return inner if isinstance(inner, Mapping) else {}


def message_of(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message that stands inside `told`; empty when there is none."""
    for name in ("message", "communication", "text_message"):
        if isinstance(inner := told.get(name), Mapping):
            return inner
    return {}


def text_of(told: Mapping[str, Any]) -> str:
    """What a message says."""
    for name in ("content", "body", "text", "message"):
        if isinstance(value := told.get(name), str) and value:
            return value
    return ""


def direction_of(told: Mapping[str, Any]) -> str:
    """`in`, `out`, or nothing when the message does not say."""
    for name in ("direction", "type", "kind"):
        value = words(told.get(name)).lower()
        if value in _INBOUND:
            return "in"
        if value in _OUTBOUND:
            return "out"
    return ""


def moment_of(told: Mapping[str, Any], *names: str) -> datetime | None:
    """The first of `names` that is a time; without a zone it is UTC."""
    for name in names:
        try:
            moment = datetime.fromisoformat(words(told.get(name)))
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return None


def id_of(value: Any) -> str:
    """An id as words; nothing for what cannot be one."""
    plain = words(value)
    return plain if 0 < len(plain) <= 100 and plain.isascii() and plain.replace("-", "").isalnum() else ""


def words(value: Any) -> str:
    """`value` if it is words or a whole number; else nothing."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
