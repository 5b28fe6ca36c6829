"""What the first rows of a list would look like as people, for the page on which columns are matched."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from loumass.contacts.column_names import TARGETS
from loumass.contacts.importing.options import ImportOptions
from loumass.contacts.mapping import ASK, FIELD, IGNORE, ColumnChoice
from loumass.contacts.normalising import shown_phone
from loumass.contacts.tables.shape import RefusedRow, Row
from loumass.contacts.validation import ContactRow, RowReader

SHOWN_ROWS = 8
SHOWN_VALUES = 3
_NAMES = ("first_name", "last_name", "full_name")
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Cell:
    """One shown value; `problem` says why the row would be refused because of it."""

    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One line of the file as a person; `problem` is a refusal that concerns no single shown value."""

    line: int
    cells: list[Cell]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: what it says first, where it goes, and what may be chosen."""

    label: str
    values: str
    choice: ColumnChoice

    @property
    def value(self) -> str:
        """What the choice's form control holds."""
        return f"{FIELD}:{self.choice.key}" if self.choice.target == FIELD else self.choice.target


def columns(options: ImportOptions) -> list[Column]:
    """Returns the file's columns with their first different values."""
    found = []
    for at, choice in enumerate(options.mapping.columns):
        filled = dict.fromkeys(values[at].strip() for _, values in options.sample if values[at].strip())
        shown = ", ".join(islice(filled, SHOWN_VALUES))[:_SHOWN_CHARACTERS]
        found.append(Column(choice.label, shown or "empty in every row we looked at", choice))
    return found


def preview(options: ImportOptions) -> tuple[list[str], list[PreviewRow]]:
    """Returns (titles of the shown columns, first rows) as the people would come out."""
    targets = {choice.target for choice in options.mapping.columns}
    shown = [target for target in TARGETS if target in targets and target not in _NAMES]
    titles = {target: TARGETS[target] for target in shown}
    if targets & set(_NAMES):
        titles = {"name": "Name"} | titles
    reader = RowReader(options.mapping, options.country)
    rows = [Row(line, values) for line, values in options.sample[:SHOWN_ROWS]]
    return list(titles.values()), [_row(reader, options, row, list(titles)) for row in rows]


def choices(options: ImportOptions, column: Column) -> list[tuple[str, str]]:
    """Returns (value, words) of every place the column can go to."""
    tags = f"Tags, split at {column.choice.separator}"
    phone = f"Mobile, country {options.country}"
    places = [
        (target, {"tags": tags, "phone": phone}.get(target, title)) for target, title in TARGETS.items()
    ]
    fields = [
        (f"{FIELD}:{choice.key}", f"Field “{choice.label}”")
        for choice in options.mapping.columns
        if choice.target == FIELD and choice.label != column.label
    ]
    own = (f"{FIELD}:{column.choice.key}", f"New field “{column.label}”, text")
    return [(ASK, "Choose where this goes"), (IGNORE, "Ignore"), *places, own, *fields]


def _row(reader: RowReader, options: ImportOptions, row: Row, targets: list[str]) -> PreviewRow:
    read = reader.read(row)
    if isinstance(read, ContactRow):
        return PreviewRow(row.line, [Cell(_shown(read, target)) for target in targets])
    cells = [_raw_cell(options, row, read, target) for target in targets]
    return PreviewRow(row.line, cells, "" if any(cell.problem for cell in cells) else read.reason)


def _shown(read: ContactRow, target: str) -> str:
    if target == "name":
        return f"{read.first_name} {read.last_name}".strip()
    if target == "tags":
        return ", ".join(read.tags)
    if target == "phone":
        return shown_phone(read.phone)
    return getattr(read, target)


def _raw_cell(options: ImportOptions, row: Row, refused: RefusedRow, target: str) -> Cell:
    sources = _NAMES if target == "name" else (target,)
    found = [options.mapping.column_of(source) for source in sources]
    text = " ".join(row.values[at].strip() for at in found if at is not None)[:_SHOWN_CHARACTERS]
    labels = {options.mapping.columns[at].label for at in found if at is not None}
    return Cell(text, refused.reason if refused.column in labels else "")
