"""The file's side of an import: pieces of the table, read and judged one ahead of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar
from uuid import UUID

from loumass.contacts.importing.staging import Copy, copy_of
from loumass.contacts.tables.shape import Chunk, Cursor, RefusedRow, Table, chunks_of
from loumass.contacts.validation import ContactRow, RowReader

Item = TypeVar("Item")


class Piece(NamedTuple):
    """What was read between two places of the file. `before` is None at its beginning.

    `staged` are the rows as `staging.stage` takes them, None where there are none.
    """

    before: Cursor | None
    after: Cursor
    rows: list[ContactRow]
    refused: list[RefusedRow]
    staged: Copy | None


def pieces_of(
    table: Table, reader: RowReader, owners: Mapping[str, UUID], after: Cursor | None, size: int
) -> Iterator[Piece]:
    """Yields the table's pieces of at most `size` rows; a second thread reads the next while one is put in.

    Reading and judging compute, putting in mostly waits for the database. Memory is two pieces.
    """
    return _one_ahead(_read(table, reader, owners, after, size))


def read_chunk(reader: RowReader, chunk: Chunk) -> tuple[list[ContactRow], list[RefusedRow]]:
    """Returns the chunk's readable people and all refusals so far, both by line."""
    rows: list[ContactRow] = []
    refused = list(chunk.refused)
    for row in reader.read_all(chunk.rows):
        if type(row) is ContactRow:
            rows.append(row)
        elif isinstance(row, RefusedRow):
            refused.append(row)
    return rows, refused


def _read(
    table: Table, reader: RowReader, owners: Mapping[str, UUID], after: Cursor | None, size: int
) -> Iterator[Piece]:
    before = after
    for chunk in chunks_of(table, after=after, size=size):
        rows, refused = read_chunk(reader, chunk)
        yield Piece(before, chunk.end, rows, refused, copy_of(rows, owners) if rows else None)
        before = chunk.end


def _one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    with ThreadPoolExecutor(1, thread_name_prefix="import") as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
