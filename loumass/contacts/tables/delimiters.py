"""Guessing delimiter, quote character and whether the first row is a header, from the first lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace

from loumass.contacts.column_names import target_named
from loumass.contacts.tables.shape import DELIMITER_NAMES, MAX_COLUMNS, Shape, TableRefused

_CANDIDATES = (",", ";", "\t", "|")
_LOOKS_LIKE_VALUE = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|https?://.*|[+(]?\d[\d\s().+/:-]{2,}", re.ASCII)
# Excel writes and reads this first line; it is no row. https://en.wikipedia.org/wiki/Comma-separated_values
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


def separator_line(line: str) -> str | None:
    """Returns the delimiter that Excel's `sep=;` line names, or None where the line is a row."""
    match = _SEPARATOR_LINE.fullmatch(line.strip("\ufeff"))
    return match[1] if match else None


def named_delimiter(chosen: str) -> str:
    """Returns the delimiter that a form sent: one of the four we know, or any other single printable mark.

    Raises TableRefused.
    """
    if chosen in DELIMITER_NAMES or (
        len(chosen) == 1 and chosen.isprintable() and not chosen.isalnum() and chosen not in "\"'@ "
    ):
        return chosen
    raise TableRefused("A delimiter is one mark, such as a comma or a semicolon.")


def guess_shape(shape: Shape, lines: list[str]) -> Shape:
    """Returns `shape` with delimiter, quote and has_header guessed from the file's first lines."""
    named = separator_line(lines[0]) if lines else None
    lines = lines[1:] if named else lines
    quote = _guess_quote(lines)
    delimiter = named or max(_CANDIDATES, key=lambda candidate: _fitness(lines, candidate, quote))
    records = sample_records(lines, delimiter, quote)
    return replace(shape, delimiter=delimiter, quote=quote, has_header=looks_like_header(records))


def sample_records(lines: list[str], delimiter: str, quote: str) -> list[list[str]]:
    """Returns the sample's rows without blank ones; stops where the sample breaks off."""
    records: list[list[str]] = []
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, skipinitialspace=True)
    try:
        records.extend(values for values in reader if any(map(str.strip, values)))
    except csv.Error:
        return records
    return records


def usual_width(records: list[list[str]]) -> int:
    """Returns the number of columns that most rows have, 0 without rows."""
    return Counter(map(len, records)).most_common(1)[0][0] if records else 0


def looks_like_header(records: list[list[str]]) -> bool:
    """Returns whether the first row names columns rather than a person."""
    if not records:
        return True
    first = [value.strip() for value in records[0]]
    if any(_LOOKS_LIKE_VALUE.fullmatch(value) for value in first):
        return False
    if any(target_named(value) for value in first):
        return True
    below = records[1:20]
    values_below = any(_LOOKS_LIKE_VALUE.fullmatch(value.strip()) for row in below for value in row)
    return values_below or not below


def _guess_quote(lines: list[str]) -> str:
    """The apostrophe counts only where it stands at both edges of values, and the double quote nowhere."""
    text = "".join(lines)
    double = len(re.findall(r'(?:^|[,;\t|])\s*"', text, re.MULTILINE))
    opening = len(re.findall(r"(?:^|[,;\t|])\s*'", text, re.MULTILINE))
    closing = len(re.findall(r"'\s*(?:[,;\t|]|$)", text, re.MULTILINE))
    return "'" if not double and opening >= max(1, len(lines) // 2) and closing >= opening * 0.8 else '"'


def _fitness(lines: list[str], delimiter: str, quote: str) -> tuple[float, int, int]:
    """Rows that agree on their width come first, then headers we know, then more columns."""
    records = sample_records(lines, delimiter, quote)
    width = usual_width(records)
    if width < 2 or width > MAX_COLUMNS:
        return (0.0, 0, 0)
    agreeing = sum(len(row) == width for row in records) / len(records)
    known = sum(target_named(value) is not None for value in records[0])
    return (round(agreeing, 1), known, width)
