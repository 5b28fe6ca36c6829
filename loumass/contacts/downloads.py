"""CSV files that leave the house while they are made: memory is one batch, and every cell is harmless."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from flask import Response

from loumass.core.exports import csv_lines
from loumass.core.tenancy import session_like_this


def csv_download(
    file_name: str, header: Sequence[str], rows: Callable[[], Iterable[Sequence[Any]]]
) -> Response:
    """Returns a streamed answer. `rows` is called in a session of its own: the page's is closed before the first byte."""
    open_session = session_like_this()

    def lines() -> Iterator[str]:
        with open_session():
            yield from csv_lines(header, rows())

    disposition = f"attachment; filename*=UTF-8''{quote(file_name, safe='')}"
    return Response(lines(), mimetype="text/csv", headers={"Content-Disposition": disposition})
