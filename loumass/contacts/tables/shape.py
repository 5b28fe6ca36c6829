"""What a table in a file looks like, and the vocabulary in which its rows are handed on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple, Protocol

from loumass.core.errors import Refused

MAX_FILE_BYTES = 1024**3
MAX_COLUMNS = 500
SHOWN_CHARACTERS = 200

#: A chunk of long rows ends sooner: what a few hundred ordinary rows weigh must not become gigabytes.
MAX_CHUNK_CHARACTERS = 8 * 1024**2

_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2060\ud800-\udfff\ufeff]")

Encoding = Literal["utf-8", "utf-16-le", "utf-16-be", "cp1252"]
ENCODING_NAMES: dict[str, str] = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}
DELIMITER_NAMES: dict[str, str] = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


class TableRefused(Refused):
    """The file as a whole is not a table that can be read; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How to read the file. Guessed by `open_table`, changeable by the person who uploads."""

    kind: Literal["delimited", "workbook"]
    has_header: bool = True
    encoding: Encoding = "utf-8"
    has_bom: bool = False
    delimiter: str = ","
    quote: str = '"'
    sheet: str = ""

    def as_json(self) -> dict[str, Any]:
        """Returns plain values for a JSON column; `from_json` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Shape:
        """Returns the shape that `as_json` gave; unknown keys are ignored."""
        return replace(cls(kind=stored["kind"]), **{k: v for k, v in stored.items() if k in cls.__slots__})

    def in_words(self) -> str:
        """Returns e.g. `comma separated, UTF-8 with BOM, first row is the header`."""
        first_row = "first row is the header" if self.has_header else "no header row"
        if self.kind == "workbook":
            return f"sheet “{self.sheet}”, {first_row}"
        bom = " with BOM" if self.has_bom else ""
        separated = f"{DELIMITER_NAMES.get(self.delimiter, self.delimiter)} separated"
        return f"{separated}, {ENCODING_NAMES[self.encoding]}{bom}, {first_row}"


class Cursor(NamedTuple):
    """A place between two rows. `line` counts what lies before it; `offset` is in bytes (text files)."""

    line: int
    offset: int


class Row(NamedTuple):
    """One row with as many values as the table has columns; `line` is what an editor or Excel shows."""

    line: int
    values: list[str]


class RefusedRow(NamedTuple):
    """A row that was not taken. `value` is what the file says, `reason` a sentence without full stop.

    `code` groups refusals: see `loumass.contacts.refusals.CODES`. `column` is the label of the column,
    empty where the whole row is meant. `values` is the row as read, for the download.
    """

    line: int
    column: str
    value: str
    code: str
    reason: str
    values: list[str]


class Chunk(NamedTuple):
    """Consecutive rows and where to go on after them."""

    rows: list[Row]
    refused: list[RefusedRow]
    end: Cursor


class Table(Protocol):
    """An open table. Columns are named by position: `labels` are unique and never empty."""

    shape: Shape
    labels: list[str]
    start: Cursor

    def rows(self, after: Cursor) -> Iterator[Row | RefusedRow]:
        """Yields every row after that place; blank rows are left out."""
        ...

    def position(self) -> Cursor:
        """Returns the place after the row that `rows` yielded last."""
        ...


def chunks_of(table: Table, *, after: Cursor | None = None, size: int = 10_000) -> Iterator[Chunk]:
    """Yields chunks of at most `size` rows, fewer where they are long, in order, refused ones counted in; memory is
    one chunk.
    """
    stream = table.rows(after or table.start)
    while True:
        chunk = _next_chunk(table, stream, size)
        if chunk is None:
            return
        yield chunk


def _next_chunk(table: Table, stream: Iterator[Row | RefusedRow], size: int) -> Chunk | None:
    rows: list[Row] = []
    refused: list[RefusedRow] = []
    length = 0
    for count, row in enumerate(stream, start=1):
        if type(row) is Row:
            rows.append(row)
        else:
            refused.append(row)  # pyright: ignore[reportArgumentType]
        length += sum(map(len, row.values))
        if count == size or length > MAX_CHUNK_CHARACTERS:
            break
    if not rows and not refused:
        return None
    return Chunk(rows, refused, table.position())


def unique_labels(header: list[str], width: int) -> list[str]:
    """Returns `width` labels: `Email`, `Email (2)`, and `Column 8, no header` for empty ones."""
    labels: list[str] = []
    taken: set[str] = set()
    for index in range(width):
        name = " ".join(_INVISIBLE.sub("", header[index]).split()) if index < len(header) else ""
        name = name[:SHOWN_CHARACTERS] or f"Column {index + 1}, no header"
        label, copy = name, 1
        while label in taken:
            copy += 1
            label = f"{name} ({copy})"
        taken.add(label)
        labels.append(label)
    return labels
