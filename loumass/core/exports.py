"""CSV that leaves the house: streamed, and harmless when a spreadsheet opens it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

#: Also in full width, which Excel reads alike in East Asian settings.
_FORMULA_LEADS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def neutral(value: Any) -> str:
    """`value` as a cell that no spreadsheet runs as a formula (CWE-1236): an apostrophe goes first."""
    cell = "" if value is None else str(value)
    return "'" + cell if cell.startswith(_FORMULA_LEADS) else cell


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines of a CSV file (RFC 4180, UTF-8 with BOM for Excel), one at a time."""
    yield "\ufeff" + _line(header)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([neutral(cell) for cell in cells])
    return buffer.getvalue()
