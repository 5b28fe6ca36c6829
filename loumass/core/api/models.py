"""What goes in and out of the API: the base of all models, and the words that many of them share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
MOST_AT_ONCE = 1_000
LARGEST_PAGE, USUAL_PAGE = 200, 50


class ApiModel(BaseModel):
    """Base of all that goes in and out: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RowModel(ApiModel):
    """What is told of a row: its columns of the same names."""

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls.model_validate(row, from_attributes=True)


def _spelled(pattern: re.Pattern[str], what: str) -> Callable[[Any], Any]:
    """Refuses text that is another spelling of `what`: there is one, and the document says which."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise ValueError(f"is no {what}")
        return value

    return check


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _MOMENT.fullmatch(value):
        raise ValueError("is no time with its offset (RFC 3339)")
    return datetime.fromisoformat(value.upper())


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _DAY.fullmatch(value):
        raise ValueError("is no day like 2026-03-09")
    return date.fromisoformat(value)


def _whole(value: Any) -> Any:
    """JSON Schema takes 2.0 for a whole number, and so do we; text is one only behind the `?`."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return _spelled(_WHOLE, "whole number")(value)


#: Of JSON Schema: no NUL, which PostgreSQL cannot keep.
PLAIN = r"^[^\x00]*$"
#: What is no letter, in brackets. Written out: each dialect of regular expressions has its own idea of `\s`.
BLANK = r"\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
#: Something that can be read: on any number of lines, on one, and in one word.
SAID = rf"^[^\x00]*[^{BLANK}][^\x00]*$"
SAID_ON_A_LINE = rf"^[^\x00-\x1f\x7f]*[^{BLANK}][^\x00-\x1f\x7f]*$"
ONE_WORD = rf"^[^{BLANK}]+$"
Id = Annotated[UUID, BeforeValidator(_spelled(_ID, "id"))]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Day = Annotated[date, BeforeValidator(_day)]
#: Stands last, behind the bounds: they belong to the document.
WHOLE = BeforeValidator(_whole)
Line = Annotated[str, Field(max_length=200, pattern=PLAIN)]
Name = Annotated[
    str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]
Words = Annotated[str, Field(max_length=10_000, pattern=PLAIN)]
LongText = Annotated[str, Field(max_length=1_000_000, pattern=PLAIN)]
Flag = Literal["true", "false"]
Medium = Literal["email", "sms", "voicemail"]
Cursor = Annotated[str, Field(min_length=1, max_length=2_000, pattern=PLAIN)]
Item = TypeVar("Item")
Row = TypeVar("Row")


class PageQuery(ApiModel):
    """Which page of a list: `cursor` is the `next` or `previous` of another page."""

    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE), WHOLE] = USUAL_PAGE


class PageOut(ApiModel, Generic[Item]):
    """A page of a list. `next` and `previous` are cursors, null at the ends."""

    items: list[Item]
    next: str | None
    previous: str | None


class ListOut(ApiModel, Generic[Item]):
    """A list that is never long."""

    items: list[Item]


class Ids(ApiModel):
    """Some rows by their ids."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Done(ApiModel):
    """What was done, in a sentence, and to how many."""

    done: str
    count: int = 0


class Nothing(ApiModel):
    """No questions."""


def paged(found: Any, told: Callable[[Any], Item]) -> PageOut[Item]:
    """A page of rows (`core.paging.Page`) as the API says it; `told` says one row."""
    return PageOut[Any](items=[told(row) for row in found.items], next=found.after, previous=found.before)


def listed(rows: Iterable[Row], told: Callable[[Row], Item]) -> ListOut[Item]:
    """All rows of a short list."""
    return ListOut[Any](items=[told(row) for row in rows])


def flag(value: Flag | None) -> bool | None:
    """What a yes or no of a query says."""
    return None if value is None else value == "true"
