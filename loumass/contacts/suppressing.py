"""Many addresses onto the suppression list at once: typed line by line, or out of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, BinaryIO, cast

from loumass.contacts.mapping import guess_mapping
from loumass.contacts.normalising import NotNormal, clean_text, is_nothing
from loumass.contacts.suppression import normal_address, suppress
from loumass.contacts.tables.opening import open_table
from loumass.contacts.tables.shape import RefusedRow, Row
from loumass.core.errors import Refused

REASON_NAMES = {
    "unsubscribed": "Unsubscribed",
    "bounced": "Bounced",
    "complained": "Marked as spam",
    "by_hand": "By hand",
    "imported": "From a list",
    "erased": "Erased",
}
_BATCH = 5_000
_SHOWN = 20
_SAMPLE = 200
MAX_FILE_BYTES = 50_000_000


@dataclass
class Outcome:
    """Addresses added and barred before, and what could not be read: (line, value, reason), the first few."""

    added: int = 0
    known: int = 0
    refused_count: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def bar_lines(lines: Iterable[str], medium: str, note: str, country: str) -> Outcome:
    """Bars one address per line, by hand. Raises Refused where there is none."""
    rows = ((number, clean_text(line)) for number, line in enumerate(lines, start=1))
    outcome = _bar(((number, value) for number, value in rows if value), medium, "by_hand", note, country)
    if not outcome.added and not outcome.known and not outcome.refused_count:
        raise Refused("Write at least one address, or choose a file. Nothing was changed.")
    return outcome


def bar_file(stream: IO[bytes], medium: str, note: str, country: str) -> Outcome:
    """Bars the addresses of a CSV, TSV or XLSX file: of the column that holds them, by name or by look.

    Raises TableRefused for what is no table, Refused where no column holds addresses or the file is too large.
    """
    size = stream.seek(0, 2)
    if size > MAX_FILE_BYTES:
        raise Refused("This file is larger than 50 MB. Split it and upload each part. Nothing was changed.")
    table = open_table(cast(BinaryIO, stream))
    sample = [row.values for row in islice(table.rows(table.start), _SAMPLE) if isinstance(row, Row)]
    wanted = "email" if medium == "email" else "phone"
    at = guess_mapping(table.labels, sample).column_of(wanted)
    if at is None and len(table.labels) == 1:
        at = 0
    if at is None:
        word = "e-mail addresses" if medium == "email" else "mobile numbers"
        raise Refused(f"No column of this file holds {word}. Name the column so, and upload it again.")
    return _bar(_column(table.rows(table.start), at), medium, "imported", note, country)


def _column(rows: Iterator[Row | RefusedRow], at: int) -> Iterator[tuple[int, str]]:
    for row in rows:
        values = row.values
        if at < len(values) and not is_nothing(clean_text(values[at])):
            yield row.line, clean_text(values[at])


def _bar(rows: Iterable[tuple[int, str]], medium: str, reason: str, note: str, country: str) -> Outcome:
    outcome = Outcome()
    stream = iter(rows)
    while batch := list(islice(stream, _BATCH)):
        addresses: dict[str, None] = {}
        for line, value in batch:
            try:
                addresses[normal_address(medium, value, country)] = None
            except NotNormal as problem:
                outcome.refused_count += 1
                if len(outcome.refused) < _SHOWN:
                    outcome.refused.append((line, value[:100], problem.sentence))
        added = suppress(medium, addresses, reason, note=note)
        outcome.added += added
        outcome.known += len(addresses) - added
    return outcome
