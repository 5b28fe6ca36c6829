"""The one door: a file becomes a table, or one sentence says why not."""

from __future__ import annotations

from typing import BinaryIO

from loumass.contacts.tables.delimited import DelimitedTable, sample_lines
from loumass.contacts.tables.delimiters import guess_shape
from loumass.contacts.tables.encodings import detect_encoding
from loumass.contacts.tables.kinds import kind_of
from loumass.contacts.tables.shape import Shape, Table, TableRefused
from loumass.contacts.tables.workbook import WorkbookTable

_NO_ROWS = "This file has a header but no rows under it. Nothing was saved."


def open_table(file: BinaryIO, shape: Shape | None = None) -> Table:
    """Returns the table in a seekable binary file, read as `shape` says or as it looks.

    Guessing reads a text file once from end to end (to be sure of its encoding) in flat memory.
    Raises TableRefused with one sentence for whatever cannot be read as a table with rows.
    """
    if shape is None:
        table = _guess(file)
    elif shape.kind == "workbook":
        table = WorkbookTable(file, shape)
    else:
        table = DelimitedTable(file, shape)
    if next(table.rows(table.start), None) is None:
        raise TableRefused(_NO_ROWS if table.shape.has_header else "This file is empty. Nothing was saved.")
    return table


def _guess(file: BinaryIO) -> Table:
    if kind_of(file) == "workbook":
        return WorkbookTable(file, Shape(kind="workbook"), guess=True)
    encoding, has_bom = detect_encoding(file)
    shape = Shape(kind="delimited", encoding=encoding, has_bom=has_bom)
    return DelimitedTable(file, guess_shape(shape, sample_lines(file, shape)))
