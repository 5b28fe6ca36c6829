"""Taking a file in: looked at while it is still in our hands, kept in storage, remembered as an import."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import IO, BinaryIO, cast

from sqlalchemy import select

from loumass.contacts.importing.options import ImportOptions
from loumass.contacts.mapping import IGNORE, ColumnChoice, ColumnMapping, guess_mapping
from loumass.contacts.models import ContactField, ContactImport
from loumass.contacts.tables.opening import open_table
from loumass.contacts.tables.shape import MAX_FILE_BYTES, Row, Shape, Table
from loumass.contacts.tables.workbook import WorkbookTable
from loumass.contacts.validation import MAX_FIELD
from loumass.core import storage
from loumass.core.database import db

SAMPLE_ROWS = 100
#: A few rows as long as rows may be would make the import's own row weigh as much as the file.
SAMPLE_CHARACTERS = 250_000
_BUFFER = 1024 * 1024
#: The two columns that the file of refused rows has beside the original ones.
REFUSED_COLUMNS = ("Line in the file before", "Why it was refused")
_REMEMBERED_IMPORTS = 50


def receive(stream: IO[bytes], file_name: str, country: str) -> ContactImport:
    """Returns the new import, added to the session, with columns guessed (or remembered from a list alike).

    Raises TableRefused where the file is no table; nothing is kept then.
    """
    table = open_table(cast(BinaryIO, stream))
    stream.seek(0)
    kept = storage.store(stream, limit=MAX_FILE_BYTES)
    row = ContactImport(
        file_key=kept.key,
        file_name=_safe_name(file_name),
        file_size=kept.size,
        file_sha256=kept.sha256,
        created_by_id=db().info.get("user_id"),
        options=_look_at(table, country).as_json(),
    )
    db().add(row)
    return row


def reshape(row: ContactImport, shape: Shape) -> ImportOptions:
    """Returns the options of the same file read in another shape; choices that still fit are kept.

    Raises TableRefused where it cannot be read like this.
    """
    before = ImportOptions.of(row)
    fresh = _look_at(open_table(stored_file(row.file_key), shape), before.country)
    mapping = before.mapping if fresh.labels == before.labels else fresh.mapping
    return replace(fresh, mapping=mapping, existing=before.existing, tags=before.tags, source=before.source)


def stored_table(row: ContactImport, options: ImportOptions) -> Table:
    """Returns the table of a kept file, read as was chosen."""
    return open_table(stored_file(row.file_key), options.shape)


def stored_file(key: str) -> BinaryIO:
    """Returns a kept file as an ordinary seekable binary file. Raises StorageUnavailable."""
    return cast(BinaryIO, io.BufferedReader(_StoredFile(storage.reader(key)), _BUFFER))


class _StoredFile(io.RawIOBase):
    """What storage gives out hands on its own kind of bytes; zipfile and codecs want plain ones."""

    def __init__(self, reader: IO[bytes]) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        part = bytes(self._reader.read(len(buffer)))
        buffer[: len(part)] = part
        return len(part)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._reader.seek(offset, whence)

    def tell(self) -> int:
        return self._reader.tell()


def _look_at(table: Table, country: str) -> ImportOptions:
    sample = list(_sample(table))
    fields = {key: label for key, label in db().execute(select(ContactField.key, ContactField.label))}  # noqa: C416 - rows are no pairs to `dict`
    guessed = guess_mapping(table.labels, [values for _, values in sample], fields)
    return ImportOptions(
        shape=table.shape,
        labels=table.labels,
        sample=sample,
        mapping=_remembered(guessed) or guessed,
        sheets=table.sheet_names if isinstance(table, WorkbookTable) else [],
        country=country,
    )


def _sample(table: Table) -> Iterator[tuple[int, list[str]]]:
    """The first good rows, fewer where they are long; a value longer than any that goes in is cut just beyond."""
    length = 0
    for row in islice((row for row in table.rows(table.start) if isinstance(row, Row)), SAMPLE_ROWS):
        values = [value[: MAX_FIELD + 1] for value in row.values]
        yield row.line, values
        length += sum(map(len, values))
        if length > SAMPLE_CHARACTERS:
            return


def _remembered(guessed: ColumnMapping) -> ColumnMapping | None:
    """The matching of the last list with the same columns that went in, also of its file of refused rows."""
    rows = db().scalars(
        select(ContactImport.options)
        .where(ContactImport.state == "done")
        .order_by(ContactImport.created_at.desc(), ContactImport.id.desc())
        .limit(_REMEMBERED_IMPORTS)
    )
    labels = [choice.label for choice in guessed.columns]
    for options in rows:
        before = ColumnMapping.from_json(options["mapping"]).columns
        mended = [one.label for one in before if one.label not in REFUSED_COLUMNS] + list(REFUSED_COLUMNS)
        if labels == [choice.label for choice in before]:
            return ColumnMapping(before)
        if labels == mended:
            return ColumnMapping(_with_ignored(before))
    return None


def _with_ignored(before: Sequence[ColumnChoice]) -> tuple[ColumnChoice, ...]:
    kept = [choice for choice in before if choice.label not in REFUSED_COLUMNS]
    return (*kept, *(ColumnChoice(label, IGNORE) for label in REFUSED_COLUMNS))


def _safe_name(name: str) -> str:
    """Only shown, never opened; browsers may send a whole path."""
    return " ".join(name.replace("\\", "/").rpartition("/")[2].split())[:200] or "list"
