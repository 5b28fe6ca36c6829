"""What cells become: the text that a person reads in Excel, as far as it matters to us."""

from __future__ import annotations

import io

import pytest

from loumass.contacts.tables.opening import open_table
from loumass.contacts.tables.shape import Row, Shape, TableRefused
from loumass.contacts.tables.workbook import WorkbookTable
from tests.contacts.workbooks import DATE, OWN_DATE, TIME, Cell, Raw, workbook


def value_of(cell: Cell, *, from_1904: bool = False) -> str:
    content = workbook([["Email", "Value"], ["ann@keller.example", cell]], from_1904=from_1904)
    table = open_table(io.BytesIO(content))
    row = next(table.rows(table.start))
    assert isinstance(row, Row)
    return row.values[1]


def styled(number: str, style: str) -> Raw:
    return Raw(f'<c r="NAME" s="{style}"><v>{number}</v></c>')


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (3035550164, "3035550164"),
        (3035550164.0, "3035550164"),
        (0.1, "0.1"),
        (-12.5, "-12.5"),
        (True, "true"),
        (False, "false"),
        (styled("45000", DATE), "2023-03-15"),
        (styled("45000.5", OWN_DATE), "2023-03-15 12:00:00"),
        (styled("0.5", TIME), "12:00"),
        (styled("1E300", DATE), "1E300"),
        (Raw('<c r="NAME" t="d"><v>2023-03-15</v></c>'), "2023-03-15"),
        (Raw('<c r="NAME" t="e"><v>#N/A</v></c>'), "#N/A"),
        ("a_x000A_b", "a\nb"),
        ("Ölmann & <b>", "Ölmann & <b>"),
    ],
)
def test_a_cell_is_read_as_people_see_it(cell: Cell, shown: str) -> None:
    assert value_of(cell) == shown


def test_dates_may_count_from_1904() -> None:
    assert value_of(styled("43538", DATE), from_1904=True) == "2023-03-15"


def test_line_numbers_are_those_of_excel() -> None:
    content = workbook([["Email"], [None], ["ann@keller.example"]], first_row=4)
    table = open_table(io.BytesIO(content))
    assert [row.line for row in table.rows(table.start)] == [6]


def test_another_sheet_can_be_chosen() -> None:
    content = workbook([["Email"], ["ann@keller.example"]], [["Email"], ["ben@cho.example"]])
    table = open_table(io.BytesIO(content), Shape("workbook", sheet="Sheet2"))
    assert isinstance(table, WorkbookTable)
    assert [row.values for row in table.rows(table.start)] == [["ben@cho.example"]]
    assert table.sheet_names == ["Sheet1", "Sheet2"]


def test_a_sheet_that_is_not_there_is_refused() -> None:
    with pytest.raises(TableRefused, match="no sheet “Leads”"):
        open_table(io.BytesIO(workbook([["Email"], ["x@x.example"]])), Shape("workbook", sheet="Leads"))
