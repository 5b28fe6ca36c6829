"""The file's side of an import: pieces of the table, read, judged and looked for one ahead of the one that goes in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TypeVar
from uuid import UUID

from loumass.contacts.importing.looking_ahead import NOBODY_MEANT, Look, Meant, look, meant_by
from loumass.contacts.importing.staging import Copy, copies_of
from loumass.contacts.tables.shape import Chunk, Cursor, RefusedRow, Table, chunks_of
from loumass.contacts.validation import ContactRow, RowReader
from loumass.core.tenancy import current_organization_id

Item = TypeVar("Item")
TURN_SECONDS = 0.0001


class Piece(NamedTuple):
    """What was read between two places of the file. `before` is None at its beginning.

    `staged` are the rows as `staging.stage` takes them, None where there are none, and `looked` is what was known of them
    when they were read.
    """

    before: Cursor | None
    after: Cursor
    rows: list[ContactRow]
    refused: list[RefusedRow]
    staged: Copy | None = None
    looked: Look | None = None
    meant: Meant = NOBODY_MEANT


def pieces_of(
    table: Table,
    reader: RowReader,
    owners: Mapping[str, UUID],
    after: Cursor | None,
    size: int,
    import_id: UUID,
) -> Iterator[Piece]:
    """Yields the table's pieces of at most `size` rows; a second thread reads the next while one is put in.

    Reading and judging compute, putting in mostly waits for the database. Memory is two pieces.
    """
    # The thread that reads knows of no organization by itself.
    ask = partial(look, current_organization_id(), import_id)
    return _one_ahead(_read(table, reader, owners, after, size, ask))


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
    table: Table,
    reader: RowReader,
    owners: Mapping[str, UUID],
    after: Cursor | None,
    size: int,
    ask: Callable[[Copy], Look],
) -> Iterator[Piece]:
    before = after
    for chunk in chunks_of(table, after=after, size=size):
        rows, refused = read_chunk(reader, chunk)
        piece = Piece(before, chunk.end, rows, refused)
        if rows:
            copies = copies_of(rows, owners)
            looked = ask(copies.keys)
            piece = piece._replace(staged=copies.whole, looked=looked, meant=meant_by(rows, looked.matches))
        yield piece
        before = chunk.end


@contextmanager
def _short_turns() -> Iterator[None]:
    """Whoever waited for the database gets its turn at once, and not after the 5 ms that the reading thread may go on."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    with _short_turns(), ThreadPoolExecutor(1, thread_name_prefix="import") as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
