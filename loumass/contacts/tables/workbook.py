"""One sheet of an .xlsx workbook, streamed: memory stays flat however many rows it has."""

from __future__ import annotations

import datetime as dt
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from loumass.contacts.tables.delimiters import looks_like_header
from loumass.contacts.tables.lines import MAX_LINE
from loumass.contacts.tables.shape import (
    MAX_COLUMNS,
    SHOWN_CHARACTERS,
    Cursor,
    RefusedRow,
    Row,
    Shape,
    TableRefused,
    unique_labels,
)
from loumass.contacts.tables.workbook_parts import (
    CORRUPT,
    SharedStrings,
    Sheet,
    date_styles,
    local,
    open_package,
    parse,
    read_book,
)

SAMPLE_ROWS = 500
# Excel allows 32,767 characters in a cell; the parser hands on up to 8 KiB at a time.
MAX_PIECES = 1000
# Excel stops at 16,384 columns and 1,048,576 rows; other programs go on, but not as far as this.
MOST_CELLS = 20_000
LAST_LINE = 2_000_000_000
_CELL_NAME = re.compile(r"([A-Z]{1,3})(\d*)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ERRORS = frozenset(["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"])


class WorkbookTable:
    """A sheet read with one shape. See `Table` for what its members mean."""

    def __init__(self, file: BinaryIO, shape: Shape, *, guess: bool = False) -> None:
        self._package = open_package(file)
        self._book = read_book(self._package)
        self._dates = date_styles(self._package)
        self._strings = SharedStrings(self._package)
        self.sheet_names = [sheet.name for sheet in self._book.sheets]
        self._sheet = self._choose(shape.sheet)
        self._line = 0
        sample = self._sample()
        header_guess = looks_like_header([values for _, values in sample]) if guess else shape.has_header
        self.shape = replace(shape, sheet=self._sheet.name, has_header=header_guess)
        self._width = max((len(values) for _, values in sample), default=0)
        header = sample[0] if sample and self.shape.has_header else (0, [])
        self.start = Cursor(header[0], 0)
        self.labels = unique_labels(header[1], self._width)
        if self._width > MAX_COLUMNS:
            raise TableRefused(
                f"This sheet has {self._width:,} columns; we take {MAX_COLUMNS}. "
                "Keep the columns you need and try again."
            )

    def position(self) -> Cursor:
        """Returns the place after the row that `rows` yielded last; `offset` is always 0 here."""
        return Cursor(self._line, 0)

    def rows(self, after: Cursor) -> Iterator[Row | RefusedRow]:
        """Yields every row after that line; blank rows are left out, short ones are filled up."""
        self._line = after.line
        width = self._width
        for line, values in self._read():
            if line <= after.line or not any(map(str.strip, values)):
                continue
            self._line = line
            while len(values) > width and not values[-1]:
                values.pop()
            if sum(map(len, values)) > MAX_LINE:
                shown = [value[:SHOWN_CHARACTERS] for value in values[:MAX_COLUMNS]]
                yield RefusedRow(line, "", shown[0], "too_long", "The row is longer than 1 MB", shown)
            elif len(values) > width:
                reason = f"{len(values)} values for {width} columns"
                yield RefusedRow(line, "", f"{len(values)} values", "columns", reason, values)
            elif "\0" in "".join(values):
                kept = [value.replace("\0", "\ufffd") for value in values]
                reason = "The row holds a NUL character, so it may be damaged"
                yield RefusedRow(line, "", " ".join(kept)[:200], "characters", reason, kept)
            else:
                yield Row(line, values + [""] * (width - len(values)))

    def _read(self) -> Iterator[tuple[int, list[str]]]:
        reader = _SheetReader(self._package, self._strings, self._dates, self._book.counts_from_1904)
        return reader.rows(self._sheet.part)

    def _sample(self) -> list[tuple[int, list[str]]]:
        sample: list[tuple[int, list[str]]] = []
        for line, values in self._read():
            while values and not values[-1].strip():
                values.pop()
            if values:
                sample.append((line, values))
            if len(sample) == SAMPLE_ROWS:
                break
        return sample

    def _choose(self, name: str) -> Sheet:
        """Returns the named sheet, else the first visible one that holds a value."""
        for sheet in self._book.sheets:
            if sheet.name == name:
                return sheet
        if name:
            raise TableRefused(f"This workbook has no sheet “{name}”. Choose one of its sheets.")
        visible = [sheet for sheet in self._book.sheets if sheet.is_visible] or self._book.sheets
        for sheet in visible:
            self._sheet = sheet
            if self._sample():
                return sheet
        raise TableRefused("Every sheet of this workbook is empty. Nothing was saved.")


class _SheetReader:
    """Turns the XML of one sheet into (line, values)."""

    def __init__(
        self, package: zipfile.ZipFile, strings: SharedStrings, dates: frozenset[str], from_1904: bool
    ) -> None:
        self._package, self._strings, self._dates = package, strings, dates
        self._epoch = dt.datetime(1904, 1, 1) if from_1904 else dt.datetime(1899, 12, 30)  # noqa: DTZ001
        self._done: list[tuple[int, list[str]]] = []
        self._values: list[str] = []
        self._line = 0
        self._text: list[str] = []
        self._collecting = self._in_phonetic = False
        self._cell: dict[str, str] = {}
        self._length = 0

    def rows(self, part: str) -> Iterator[tuple[int, list[str]]]:
        """Yields rows as they are read; rows without cells are left out."""
        for _ in parse(self._package, part, self._wire):
            yield from self._done
            self._done.clear()

    def _wire(self, parser: Any) -> None:
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        if name == "c":
            self._cell = attributes
            self._text.clear()
        elif name in {"v", "t"}:
            self._collecting = not self._in_phonetic
        elif name == "row":
            # Numbers that stand still or go back would name two rows alike: such a row follows its neighbour.
            self._line = max(int(attributes.get("r") or 0), self._line + 1)
            if self._line > LAST_LINE:
                raise TableRefused(CORRUPT)
            self._values, self._length = [], 0
        elif name == "rPh":
            self._in_phonetic = True

    def _end(self, name: str) -> None:
        name = local(name)
        if name in {"v", "t"}:
            self._collecting = False
        elif name == "c":
            self._put()
        elif name == "row":
            if self._values:
                self._done.append((self._line, self._values))
        elif name == "rPh":
            self._in_phonetic = False

    def _characters(self, text: str) -> None:
        if not self._collecting:
            return
        self._text.append(text)
        if len(self._text) > MAX_PIECES:
            raise TableRefused(CORRUPT)

    def _put(self) -> None:
        """A cell without a name follows its neighbour; left-out cells are empty."""
        name = self._cell.get("r")
        column = _column(name) if name else len(self._values)
        if column < len(self._values) or len(self._values) > MOST_CELLS:
            raise TableRefused(CORRUPT)
        if self._text:
            # Far to the right nothing is kept; the width check speaks of it.
            missing = min(column, MAX_COLUMNS + 1) - len(self._values)
            self._values.extend([""] * missing)
            # A row can name one long string a thousand times; beyond its limit it is refused, so no more is kept.
            value = self._value("".join(self._text)) if self._length <= MAX_LINE else ""
            self._length += len(value)
            self._values.append(value)

    def _value(self, text: str) -> str:
        kind = self._cell.get("t", "n")
        if kind == "s":
            return _unescaped(self._strings[int(text)]) if text.strip().isdigit() else ""
        if kind in {"str", "inlineStr"}:
            return _unescaped(text)
        if kind == "b":
            return "true" if text.strip() == "1" else "false"
        if kind == "e" or text in _ERRORS:
            return text
        if kind == "d":
            return text
        return self._date(text) if self._cell.get("s") in self._dates else _number(text)

    def _date(self, text: str) -> str:
        """Days since the epoch; a fraction is the time of day."""
        try:
            days = float(text)
            moment = self._epoch + dt.timedelta(seconds=round(days * 86400))
        except (ValueError, OverflowError):
            return text
        if 0 <= days < 1:
            return moment.strftime("%H:%M:%S").removesuffix(":00")
        return moment.date().isoformat() if days.is_integer() else moment.isoformat(" ")


def _column(name: str) -> int:
    """Returns 0 for `A7`, 27 for `AB1`."""
    match = _CELL_NAME.match(name)
    if not match:
        raise TableRefused(CORRUPT)
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _number(text: str) -> str:
    """Returns the number as a person would type it: `3035550164`, not `3035550164.0` or `3.03E9`."""
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value):
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)


def _unescaped(text: str) -> str:
    """Excel writes control characters as `_x000D_` (ECMA-376 part 1, 22.9.2.19)."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    """Half of a pair is no character and cannot be stored."""
    code = int(match[1], 16)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
