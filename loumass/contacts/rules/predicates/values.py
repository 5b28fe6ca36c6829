"""How the text of a field is compared: once in SQL, once in Python, letter for letter the same.

- Letters are compared without regard to case, by the simple lower case of each letter (PostgreSQL's `pg_c_utf8`), so that
  no server's locale decides.
- Numbers are `1200`, `-3.5` or `1,200`; dates are `2026-03-01` (perhaps with a time), `3/1/2026` (month first) or `1.3.2026`
  (day first). Whatever else stands in a field is neither.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, case, cast, collate, func

LAST = "\U0010ffff"
_NUMBER = r"[-+]?([0-9]{1,18}|[0-9]{1,3}(,[0-9]{3}){1,5})(\.[0-9]{1,9})?"
_ISO = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})([T ].*)?"
_SLASHES = r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})"
_DOTS = r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})"


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
    """The same of a column; NULL for none."""
    number = cast(func.replace(text, ",", ""), Numeric)
    return case((_matches(text, _NUMBER), number))


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
    """The same of a column; NULL for none."""
    written = case(
        (_matches(text, _ISO), func.regexp_replace(text, f"^{_ISO}$", r"\1-\2-\3")),
        (_matches(text, _SLASHES), func.regexp_replace(text, f"^{_SLASHES}$", r"\3-\1-\2")),
        (_matches(text, _DOTS), func.regexp_replace(text, f"^{_DOTS}$", r"\3-\2-\1")),
    )
    return case((func.pg_input_is_valid(written, "date"), cast(written, Date)))


def _matches(text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    return text.regexp_match(f"^({pattern})$")
