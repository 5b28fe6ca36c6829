"""CSV and its relatives, row by row, with true line numbers and recovery after a broken row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

from loumass.contacts.tables.delimiters import sample_records, separator_line, usual_width
from loumass.contacts.tables.encodings import bom_length
from loumass.contacts.tables.lines import MAX_LINE, LineSource, Overlong
from loumass.contacts.tables.shape import (
    ENCODING_NAMES,
    MAX_COLUMNS,
    SHOWN_CHARACTERS,
    Cursor,
    RefusedRow,
    Row,
    Shape,
    TableRefused,
    unique_labels,
)

MAX_VALUE = csv.field_size_limit()
MAX_BROKEN_QUOTES = 1000
SAMPLE_LINES = 500
_SAMPLE_BYTES = 256 * 1024
_DAMAGED = re.compile("[\ud800-\udfff]")


class DelimitedTable:
    """A text file read with one shape. See `Table` for what its members mean."""

    def __init__(self, file: BinaryIO, shape: Shape) -> None:
        self._file = file
        self.shape = shape
        self._begin = bom_length(shape.encoding, shape.has_bom)
        lines = sample_lines(file, shape)
        hint = separator_line(lines[0]) is not None if lines else False
        records = sample_records(lines[1:] if hint else lines, shape.delimiter, shape.quote)
        self._width = len(records[0]) if shape.has_header and records else usual_width(records)
        self.start = self._place_of_first_row(hint)
        header = records[0] if shape.has_header and records else []
        self.labels = unique_labels(header, self._width)
        _refuse_too_wide(self._width)

    def position(self) -> Cursor:
        """Returns the place after the row that `rows` yielded last."""
        consumed = self._raws[: self._lines.index]
        offset = self._base.offset + sum(map(self._source.width, consumed))
        return Cursor(self._base.line + self._lines.index, offset)

    def rows(self, after: Cursor) -> Iterator[Row | RefusedRow]:
        """Yields every row after that place; blank rows are left out.

        Raises TableRefused after a thousand quotes that are never closed.
        """
        self._source = LineSource(self._file, self.shape.encoding, after.offset)
        self._base, self._raws, self._lines = after, [], _Lines([])
        broken = 0
        for row in self._window_rows():
            if type(row) is RefusedRow and row.code == "quote":
                broken += 1
                if broken > MAX_BROKEN_QUOTES:
                    raise TableRefused(
                        f"More than {MAX_BROKEN_QUOTES} rows have a quote that is never closed. "
                        "Choose another quote character or delimiter, or save the file again as CSV."
                    )
            yield row

    def _place_of_first_row(self, has_hint: bool) -> Cursor:
        place = Cursor(0, self._begin)
        if has_hint:
            source = LineSource(self._file, self.shape.encoding, place.offset)
            place = Cursor(1, place.offset + source.width(next(source.blocks())[0]))
        if not self.shape.has_header:
            return place
        self._width = 0
        first = next(self.rows(place), None)
        if isinstance(first, RefusedRow):
            raise TableRefused(f"The header in line {first.line} cannot be read: {first.reason}.")
        self._width = len(first.values) if first else 0
        return self.position() if first else place

    def _window_rows(self) -> Iterator[Row | RefusedRow]:
        """A window is one block of lines, led by the lines of a row that began in the block before."""
        pending: list[bytes] = []
        for block in self._source.blocks():
            if isinstance(block[0], Overlong):
                yield from self._parse(pending, final=True)
                yield from self._refuse_overlong(block)
                pending = []
                continue
            yield from self._parse(pending + block, final=False)
            pending = self._raws[self._lines.index :]
        yield from self._parse(pending, final=True)

    def _open_window(self, raws: list[bytes], lines: list[str]) -> None:
        self._base = self.position()
        self._raws, self._lines = raws, _Lines(lines)

    def _parse(self, raws: list[bytes], *, final: bool) -> Iterator[Row | RefusedRow]:
        """Yields the window's rows. Unless `final`, a row that the window cuts off is left unread."""
        text = self._source.text
        self._open_window(raws, [text(raw) for raw in raws])
        window, width = self._lines, self._width
        check = _needs_a_look(raws, window.lines)
        reader = csv.reader(
            window,
            delimiter=self.shape.delimiter,
            quotechar=self.shape.quote,
            skipinitialspace=True,
            strict=True,
        )
        while True:
            start = window.index
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error:
                if not final and window.index == len(raws) and _may_grow(window.lines, start):
                    window.index = start
                    return
                yield self._refuse_broken(start)
                continue
            if len(values) == width and not check:
                if any(map(str.strip, values)):
                    yield Row(self._base.line + start + 1, values)
                continue
            row = self._judge(start, values)
            if row:
                yield row

    def _judge(self, start: int, values: list[str]) -> Row | RefusedRow | None:
        """Returns the row as it may be taken or the reason against it; None for a blank one."""
        line, width = self._base.line + start + 1, self._width or len(values)
        # DOS programs end a file with the mark 1A.
        if not any(map(str.strip, values)) or values == ["\x1a"]:
            return None
        if len(values) > width and not any(values[width:]):
            values = values[:width]
        if len(values) != width:
            if self._is_torn(start, width):
                return self._refuse_broken(start)
            kept = [_clean(value) for value in values]
            return RefusedRow(line, "", _count(values), "columns", _ragged(values, width), kept)
        reason = _damage(values, self.shape)
        if reason:
            kept = [_clean(value) for value in values]
            return RefusedRow(line, "", _shown(" ".join(values)), "characters", reason, kept)
        return Row(line, values)

    def _is_torn(self, start: int, width: int) -> bool:
        """A row over several lines with the wrong width, whose next line alone is a whole row."""
        window = self._lines
        if window.index - start < 2:
            return False
        following = sample_records([window.lines[start + 1]], self.shape.delimiter, self.shape.quote)
        return bool(following) and len(following[0]) == width

    def _refuse_broken(self, start: int) -> RefusedRow:
        """Refuses one line and goes on with the next, so that an open quote swallows nothing."""
        text = self._lines.lines[start].rstrip("\r\n")
        spanned = self._lines.index - start
        self._lines.index = start + 1
        line = self._base.line + start + 1
        if len(text) > MAX_VALUE and spanned == 1:
            reason = f"A value is longer than {MAX_VALUE:,} characters"
            return RefusedRow(line, "", _shown(text), "too_long", reason, [_shown(text)])
        reason = f"A quote ({self.shape.quote}) is not closed, or stands inside a quoted value"
        return RefusedRow(line, "", _shown(text), "quote", reason, [_clean(text[:MAX_VALUE])])

    def _refuse_overlong(self, block: list[bytes]) -> Iterator[RefusedRow]:
        text = self._source.text(bytes(block[0]))
        self._open_window(block, [text])
        self._lines.index = 1
        reason = f"The line is longer than {MAX_LINE // 1024**2} MB"
        yield RefusedRow(self._base.line + 1, "", _shown(text), "too_long", reason, [_shown(text)])


class _Lines:
    """An iterator over lines that can be set back: the csv module takes one line at a time."""

    __slots__ = ("index", "lines")

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.index = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        index = self.index
        if index == len(self.lines):
            raise StopIteration
        self.index = index + 1
        return self.lines[index]


def sample_lines(file: BinaryIO, shape: Shape) -> list[str]:
    """Returns the first lines of the file as text, at most `SAMPLE_LINES` and a quarter of a megabyte."""
    source = LineSource(file, shape.encoding, bom_length(shape.encoding, shape.has_bom))
    lines: list[str] = []
    size = 0
    for block in source.blocks():
        for line in block:
            size += len(line)
            if isinstance(line, Overlong) or size > _SAMPLE_BYTES or len(lines) == SAMPLE_LINES:
                return lines
            lines.append(source.text(line))
    return lines


def _may_grow(lines: list[str], start: int) -> bool:
    return sum(map(len, lines[start:])) <= MAX_LINE


def _needs_a_look(raws: list[bytes], lines: list[str]) -> bool:
    """Whether any row of the window may hold NUL or bytes outside the encoding."""
    return any(b"\0" in raw for raw in raws) or any(map(_DAMAGED.search, lines))


def _damage(values: list[str], shape: Shape) -> str:
    whole = "".join(values)
    if "\0" in whole:
        return "The row holds a NUL character, so it may be damaged"
    if _DAMAGED.search(whole):
        return f"The row holds bytes that are not {ENCODING_NAMES[shape.encoding]} text"
    return ""


def _ragged(values: list[str], width: int) -> str:
    if len(values) < width:
        return f"{_count(values)} for {width} columns: the row is cut short"
    return f"{_count(values)} for {width} columns: a value may need quotes around it"


def _count(values: list[str]) -> str:
    return f"{len(values)} value{'' if len(values) == 1 else 's'}"


def _refuse_too_wide(width: int) -> None:
    if width > MAX_COLUMNS:
        raise TableRefused(
            f"This file has {width:,} columns; we take {MAX_COLUMNS}. Keep the columns you need and try again."
        )


def _clean(text: str) -> str:
    """NUL and lone surrogates cannot be stored."""
    return _DAMAGED.sub("\ufffd", text.replace("\0", "\ufffd"))


def _shown(text: str) -> str:
    return _clean(text[:SHOWN_CHARACTERS]).strip()
