"""Lists page by page, by key: stable while rows come and go, and as fast on page 1,000 as on page 1."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from loumass.core.database import db
from loumass.core.errors import Refused

Item = TypeVar("Item")
PAGE_SIZE = 50
Column = InstrumentedAttribute[Any] | ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows and the cursors of the pages beside them (None where there is none)."""

    items: Sequence[Item]
    before: str | None
    after: str | None


def page(
    statement: Select[*tuple[Any, ...]],
    keys: Sequence[Column],
    cursor: str | None = None,
    *,
    descending: bool = False,
    size: int = PAGE_SIZE,
) -> Page[Any]:
    """One page of `statement`'s first entity, ordered by `keys`, which together are unique and never null.

    `cursor` is `Page.after` or `Page.before` of another page. Raises Refused for a made-up cursor.
    """
    backwards, values = _decode(cursor, keys) if cursor else (False, None)
    downwards = descending != backwards
    if values is not None:
        bound = tuple_(*keys)
        statement = statement.where(bound < tuple(values) if downwards else bound > tuple(values))
    ordered = statement.add_columns(*keys).order_by(*[key.desc() if downwards else key.asc() for key in keys])
    rows = list(db().execute(ordered.limit(size + 1)))
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    ends = [tuple(row[-len(keys) :]) for row in (rows[0], rows[-1])] if rows else []
    items = [row[0] if len(row) == len(keys) + 1 else row for row in rows]
    return _between(items, ends, backwards=backwards, is_first=values is None, more=more)


def page_of(
    rows: Sequence[Item],
    key_of: Callable[[Item], tuple[Any, ...]],
    keys: Sequence[Column],
    cursor: str | None = None,
    *,
    size: int = PAGE_SIZE,
) -> Page[Item]:
    """One page of rows that had to be made whole, the latest first: what `page` is for statements.

    `key_of` tells the values of `keys`. Raises Refused for a made-up cursor.
    """
    backwards, values = _decode(cursor, keys) if cursor else (False, None)
    ordered = sorted(rows, key=key_of, reverse=True)
    if values is not None:
        bound = tuple(values)
        ordered = [row for row in ordered if (key_of(row) > bound if backwards else key_of(row) < bound)]
    chosen = ordered[-size:] if backwards else ordered[:size]
    ends = [key_of(row) for row in (chosen[0], chosen[-1])] if chosen else []
    return _between(
        chosen, ends, backwards=backwards, is_first=values is None, more=len(ordered) > len(chosen)
    )


def _between(
    items: Sequence[Item],
    ends: Sequence[tuple[Any, ...]],
    *,
    backwards: bool,
    is_first: bool,
    more: bool,
) -> Page[Item]:
    """The page, with cursors where there is more; `ends` are the keys of its first and last row."""
    has_before = (more if backwards else not is_first) and bool(ends)
    has_after = (backwards or more) and bool(ends)
    return Page(
        items=items,
        before=_encode(True, ends[0]) if has_before else None,
        after=_encode(False, ends[1]) if has_after else None,
    )


def cursor_after(*values: Any) -> str:
    """The cursor of what comes after a row with these key values: for lists merged from several tables."""
    return _encode(False, values)


def read_cursor(cursor: str, *keys: Column) -> tuple[Any, ...]:
    """What `cursor_after` was given, for lists that are not one statement. Raises Refused for a made-up cursor."""
    backwards, values = _decode(cursor, keys)
    if backwards:
        raise Refused("This page address is damaged. Start again from the first page.")
    return tuple(values)


def _encode(backwards: bool, values: Sequence[Any]) -> str:
    tagged = [_tag(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps([backwards, tagged]).encode()).decode().rstrip("=")


def _decode(cursor: str, keys: Sequence[Column]) -> tuple[bool, list[Any]]:
    try:
        backwards, tagged = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [_untag(kind, value) for kind, value in tagged]
        if len(values) != len(keys) or not all(map(_fits, values, keys)):
            raise ValueError("keys of another list")
    except (ValueError, TypeError, KeyError) as problem:
        raise Refused("This page address is damaged. Start again from the first page.") from problem
    return bool(backwards), values


def _fits(value: Any, key: Column) -> bool:
    """Whether `value` can be compared with `key`; expressions may not know their type."""
    try:
        expected = key.type.python_type
    except NotImplementedError:
        return True
    return isinstance(value, (int, float) if expected in (float, Decimal) else expected)


def _tag(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "t", value.isoformat()
    if isinstance(value, UUID):
        return "u", str(value)
    return "v", value


def _untag(kind: str, value: Any) -> Any:
    return {"t": _moment, "u": UUID, "v": lambda plain: plain}[kind](value)


def _moment(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError("a time that may be any")
    return found
