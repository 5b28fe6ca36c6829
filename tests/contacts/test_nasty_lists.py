"""Every nasty list: who comes out of it, which rows are refused, and why."""

from __future__ import annotations

import io

import pytest

from loumass.contacts.mapping import guess_mapping
from loumass.contacts.tables.opening import open_table
from loumass.contacts.tables.shape import RefusedRow, TableRefused, chunks_of
from loumass.contacts.validation import ContactRow, RowReader
from tests.contacts.nasty_lists import READABLE, WHOLE_FILES, NastyList


def read(content: bytes, size: int = 10_000) -> tuple[list[ContactRow], list[RefusedRow]]:
    table = open_table(io.BytesIO(content))
    sample = [row.values for row in table.rows(table.start) if not isinstance(row, RefusedRow)]
    reader = RowReader(guess_mapping(table.labels, sample))
    people: list[ContactRow] = []
    refused: list[RefusedRow] = []
    for chunk in chunks_of(table, size=size):
        refused.extend(chunk.refused)
        for row in reader.read_all(chunk.rows):
            (refused if isinstance(row, RefusedRow) else people).append(row)  # pyright: ignore[reportArgumentType]
    return people, sorted(refused)


@pytest.mark.parametrize("nasty", READABLE, ids=lambda nasty: nasty.name)
def test_the_good_rows_go_in_and_the_bad_ones_say_why(nasty: NastyList) -> None:
    people, refused = read(nasty.content)
    found = [(f"{one.first_name} {one.last_name}".strip(), one.email_normal or one.phone) for one in people]
    assert found == list(nasty.people)
    assert [(row.line, row.reason) for row in refused] == list(nasty.refused)


@pytest.mark.parametrize("nasty", READABLE, ids=lambda nasty: nasty.name)
def test_chunks_of_one_row_give_the_same(nasty: NastyList) -> None:
    assert read(nasty.content, size=1) == read(nasty.content)


@pytest.mark.parametrize("nasty", READABLE, ids=lambda nasty: nasty.name)
def test_reading_goes_on_from_every_cursor(nasty: NastyList) -> None:
    table = open_table(io.BytesIO(nasty.content))
    whole = list(chunks_of(table, size=1))
    for number, chunk in enumerate(whole):
        again = open_table(io.BytesIO(nasty.content), table.shape)
        rest = [(part.rows, part.refused) for part in chunks_of(again, after=chunk.end, size=1)]
        assert rest == [(part.rows, part.refused) for part in whole[number + 1 :]]


@pytest.mark.parametrize("nasty", WHOLE_FILES, ids=lambda nasty: nasty.name)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(nasty: NastyList) -> None:
    with pytest.raises(TableRefused) as refusal:
        read(nasty.content)
    assert refusal.value.sentence == nasty.sentence


def test_there_are_at_least_forty_of_them() -> None:
    names = [nasty.name for nasty in [*READABLE, *WHOLE_FILES]]
    assert len(set(names)) == len(names) >= 40
