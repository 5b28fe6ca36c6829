"""How the text of a field is compared: once in SQL, once in Python, letter for letter the same.

- Letters are compared without regard to case, by the simple lower case of each letter (PostgreSQL's `pg_c_utf8`), so that
  no server's locale decides.
- Numbers are `1200`, `-3.5` or `1,200`; dates are `2026-03-01` (perhaps with a time after it), `3/1/2026` (month first) or `1.3.2026`
  (day first). Whatever else stands in a field is neither.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, and_, case, cast, collate, func, literal_column, or_

LAST = "\U0010ffff"
_NUMBER = r"[-+]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?"
_ISO = r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?"
_SLASHES = r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})"
_DOTS = r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})"
#: The same for PostgreSQL, which is a hundred times slower where it must say what stood in brackets.
_IS_ISO = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]|$)"
_IS_SPLIT_BY = {"/": "^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$", ".": r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}$"}
_DIGITS = "0123456789"


def folded(text: str) -> str:
    """`text` as it is compared."""
    return text.lower() if text.isascii() else "".join(letter.lower()[0] for letter in text)


def folded_sql(text: ColumnElement[Any]) -> ColumnElement[str]:
    """The same of a column."""
    return func.lower(collate(text, "pg_c_utf8"))


def number_in(text: str) -> Decimal | None:
    """The number that `text` is, or None."""
    return Decimal(text.replace(",", "")) if re.fullmatch(_NUMBER, text) else None


def number_sql(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same of a column; NULL for none. What is digits only, as nearly all is, meets no regular expression."""
    is_plain = and_(func.translate(text, _DIGITS, "") == "", text != "")
    number = cast(func.replace(text, ",", ""), Numeric)
    return case((is_plain, cast(text, Numeric)), (text.regexp_match(f"^{_NUMBER}$"), number))


def date_in(text: str) -> date | None:
    """The day that `text` is, or None."""
    for pattern, order in ((_ISO, (1, 2, 3)), (_SLASHES, (3, 1, 2)), (_DOTS, (3, 2, 1))):
        if found := re.fullmatch(pattern, text, re.DOTALL):
            try:
                return date(*(int(found[at]) for at in order))
            except ValueError:
                return None
    return None


def date_sql(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same of a column; NULL for none. `date_between` is quicker where a day is only compared."""
    written = case(
        (_matches(text, _ISO), func.regexp_replace(text, f"^{_ISO}$", r"\1-\2-\3")),
        (_matches(text, _SLASHES), func.regexp_replace(text, f"^{_SLASHES}$", r"\3-\1-\2")),
        (_matches(text, _DOTS), func.regexp_replace(text, f"^{_DOTS}$", r"\3-\2-\1")),
    )
    return case((func.pg_input_is_valid(written, "date"), cast(written, Date)))


def _matches(text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    return text.regexp_match(f"^({pattern})$")


def date_between(
    text: ColumnElement[Any], since: ColumnElement[str], until: ColumnElement[str]
) -> ColumnElement[bool]:
    """Whether the column is a day from `since` on and before `until`, both ISO texts.

    As texts, ISO dates stand in the order of their days: most rows are told apart by that alone, and what looks like a date
    is only then asked whether it is one.
    """
    plain = collate(text, "C")
    iso = and_(plain >= since, plain < until, text.regexp_match(_IS_ISO), _is_date(func.left(text, 10)))
    return or_(iso, case(*(_split_by(mark, text, since, until) for mark in _IS_SPLIT_BY), else_=False))


def _split_by(
    mark: str, text: ColumnElement[Any], since: ColumnElement[str], until: ColumnElement[str]
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """(whether it is written with that mark, whether the day is one of those)."""
    one, two, year = (func.split_part(text, mark, at) for at in (1, 2, 3))
    month, day = (one, two) if mark == "/" else (two, one)
    written = collate(year + "-" + func.lpad(month, 2, "0") + "-" + func.lpad(day, 2, "0"), "C")
    is_one = and_(text.regexp_match(_IS_SPLIT_BY[mark]), written >= since, written < until, _is_date(written))
    return func.strpos(text, mark) > 0, is_one


def _is_date(text: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.pg_input_is_valid(text, literal_column("'date'"))
