"""What an import would do, by the same reading, matching and deciding, with nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from loumass.contacts.importing import staging
from loumass.contacts.importing.deciding import Decider
from loumass.contacts.importing.matching import Match, find_matches
from loumass.contacts.importing.options import Forecast, ImportOptions
from loumass.contacts.importing.reading import read_chunk
from loumass.contacts.importing.running import CHUNK_ROWS, owners_by_name
from loumass.contacts.importing.uploads import stored_table
from loumass.contacts.models import ContactImport
from loumass.contacts.room import room_for_people
from loumass.contacts.tables.shape import RefusedRow, TableRefused, chunks_of
from loumass.contacts.validation import ContactRow, RowReader
from loumass.core.database import session_at_work
from loumass.core.live import announce
from loumass.core.tenancy import get, transaction

#: Beyond these many rows the forecast speaks of the first ones only; the import itself has no such bound.
MAX_ROWS = 50_000
SHOWN_PROBLEMS = 100


def forecast_import(import_id: UUID) -> None:
    """Computes the forecast of an uploaded list and keeps it, unless its options have changed meanwhile."""
    with transaction():
        row = get(ContactImport, import_id)
        if row is None or row.state != "uploaded":
            return
        options = ImportOptions.of(row)
    forecast = None if options.mapping.problems() else _Forecasting(row, options).of_whole_file()
    with transaction():
        current = get(ContactImport, import_id, lock=True)
        if current is not None and current.state == "uploaded" and current.options == row.options:
            current.options = replace(options, forecast=forecast).as_json()
            announce(f"import:{import_id}")


def forecast_now(row: ContactImport) -> None:
    """The same inside the running transaction of a page, for a list that is small enough to wait for."""
    options = ImportOptions.of(row)
    if not options.mapping.problems():
        row.options = replace(options, forecast=_Forecasting(row, options).of_whole_file()).as_json()


class _Forecasting:
    """Adds up the fates of all chunks; one decider remembers the rows taken so far."""

    def __init__(self, row: ContactImport, options: ImportOptions) -> None:
        self._row, self._options = row, options
        labels = {choice.target: choice.label for choice in options.mapping.columns}
        with _reading():
            self._decider = Decider(labels, room_for_people())
        self._rows = self._new = self._known = self._refused = self._suppressed = 0
        self._problems: list[RefusedRow] = []

    def of_whole_file(self) -> Forecast:
        with _reading():
            owners = owners_by_name()
        reader = RowReader(self._options.mapping, self._options.country, owners=owners)
        is_complete, stops = True, ""
        try:
            for chunk in chunks_of(stored_table(self._row, self._options), size=CHUNK_ROWS):
                if self._rows >= MAX_ROWS:
                    is_complete = False
                    break
                self._add(*read_chunk(reader, chunk))
        except TableRefused as refusal:
            is_complete, stops = False, refusal.sentence
        problems = [list(problem[:5]) for problem in self._problems]
        counts = (self._rows, self._new, self._known, self._refused, self._suppressed)
        return Forecast(*counts, is_complete=is_complete, problems=problems, stops=stops)

    def _add(self, rows: list[ContactRow], refused: list[RefusedRow]) -> None:
        self._rows += len(rows) + len(refused)
        decided = self._decider.decide(rows, self._matches(rows))
        refused = sorted([*refused, *decided.refused])
        self._problems += refused[: SHOWN_PROBLEMS - len(self._problems)]
        self._new += decided.new
        self._known += len(decided.known)
        self._suppressed += decided.suppressed
        self._refused += len(refused)

    def _matches(self, rows: list[ContactRow]) -> dict[int, Match]:
        if not rows:
            return {}
        with _reading():
            staging.stage(staging.copies_of(rows, {}).keys)
            matches = find_matches(self._row.id)
            staging.forget()
        return matches


@contextmanager
def _reading() -> Iterator[None]:
    """The page's session where one is open, else a transaction of its own."""
    if session_at_work.get() is not None:
        yield
        return
    with transaction():
        yield
