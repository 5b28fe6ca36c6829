"""Blocks of any size cut the file anywhere; no row, line number or byte may depend on where."""

from __future__ import annotations

import csv
import io
import tracemalloc
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loumass.contacts.tables import lines
from loumass.contacts.tables.delimited import DelimitedTable
from loumass.contacts.tables.opening import open_table
from loumass.contacts.tables.shape import Encoding, RefusedRow, Row, Shape, chunks_of
from tests.contacts.nasty_lists import DIALECTS, ROWS, NastyList

VALUES = st.text(alphabet=st.sampled_from("ab ,;\"'\n\rÖ€😀"), max_size=6)
ENCODINGS: list[Encoding] = ["utf-8", "utf-16-le", "utf-16-be"]


def rows_of(content: bytes, shape: Shape | None = None) -> list[Row | RefusedRow]:
    table = open_table(io.BytesIO(content), shape)
    return list(table.rows(table.start))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("nasty", [*DIALECTS, *ROWS], ids=lambda nasty: nasty.name)
def test_small_blocks_give_the_same_rows(
    nasty: NastyList, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if len(nasty.content) > 100_000:
        size *= 10_000
    whole = rows_of(nasty.content)
    monkeypatch.setattr(lines, "BLOCK", size)
    assert rows_of(nasty.content) == whole


@given(
    table=st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=8),
    encoding=st.sampled_from(ENCODINGS),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_whatever_the_csv_module_writes_is_read_back(
    table: list[list[str]], encoding: Encoding, end: str
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([["x", "y", "z"], *table])
    content = text.getvalue().encode(encoding)
    read = DelimitedTable(io.BytesIO(content), Shape("delimited", encoding=encoding))
    found = [row.values for row in read.rows(read.start)]
    assert found == [row for row in table if any(value.strip() for value in row)]


@given(
    table=st.lists(st.lists(VALUES, min_size=2, max_size=2), min_size=1, max_size=8),
    encoding=st.sampled_from(ENCODINGS),
)
def test_each_place_is_the_byte_where_the_next_row_begins(table: list[list[str]], encoding: Encoding) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["x", "y"], *table])
    content = text.getvalue().encode(encoding)
    read = DelimitedTable(io.BytesIO(content), Shape("delimited", encoding=encoding))
    for chunk in chunks_of(read, size=1):
        before = content[: chunk.end.offset].decode(encoding)
        assert before.endswith('"\r\n')
        assert len(list(csv.reader(io.StringIO(before, newline="")))) >= 1


@pytest.mark.parametrize(
    "content",
    [
        b"Name,Email\n" + b"x" * 60_000_000,
        b'Name,Email\n"' + b"Ann,ann@keller.example\n" * 1_500_000,
        b"Name,Email\n" + b'""""\n' * 3_000_000,
    ],
    ids=["a line of 60 MB", "a quote that is open for 35 MB", "nothing but quotes"],
)
def test_memory_stays_flat(content: bytes) -> None:
    file = io.BytesIO(content)
    tracemalloc.start()
    try:
        table = open_table(file)
        read = sum(len(chunk.rows) + len(chunk.refused) for chunk in islice(chunks_of(table, size=1000), 20))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read > 0
    assert peak < 40_000_000


def test_a_person_can_overrule_the_guess() -> None:
    content = b"Ann;Keller,ann@keller.example\n"
    shape = Shape("delimited", has_header=False, delimiter=",")
    assert [row.values for row in rows_of(content, shape)] == [["Ann;Keller", "ann@keller.example"]]
    shape = Shape("delimited", has_header=False, delimiter=";")
    assert [row.values for row in rows_of(content, shape)] == [["Ann", "Keller,ann@keller.example"]]


def test_a_shape_survives_being_stored() -> None:
    table = open_table(io.BytesIO("E-Mail;Name\r\nö@x.example;Ann\r\n".encode("utf-16")))
    assert Shape.from_json(table.shape.as_json()) == table.shape
    assert table.shape.in_words() == "semicolon separated, UTF-16 with BOM, first row is the header"
