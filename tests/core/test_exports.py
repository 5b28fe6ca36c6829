"""CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import pytest

from loumass.core.exports import csv_lines, neutral


@pytest.mark.parametrize("cell", ["=1+1", "\uff1d1+1", "\uff20x", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_formula_lead_is_neutralised(cell: str) -> None:
    assert neutral(cell) == "'" + cell


def test_lines_are_quoted_where_needed() -> None:
    assert list(csv_lines(["a", "b"], [["x,y", None]])) == ["\ufeffa,b\r\n", '"x,y",\r\n']
