"""What becomes of each row: a new person, a known one, or a refusal. Pure: facts in, what was decided out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from loumass.contacts.importing.matching import NOBODY, Known, Match
from loumass.contacts.room import NO_ROOM
from loumass.contacts.tables.shape import RefusedRow
from loumass.contacts.validation import ContactRow

_SAME = {"external_id": "Same id", "email": "Same e-mail", "phone": "Same mobile"}


class Decided(NamedTuple):
    """What becomes of a chunk: how many rows are new people, (line, person) of those we know, and who is refused.

    `suppressed` rows go in all the same. Both lists are in the order of the file.
    """

    new: int
    known: list[tuple[int, UUID]]
    refused: list[RefusedRow]
    suppressed: int


class _Taken(NamedTuple):
    """A row that goes in, as lean as can be: a forecast remembers tens of thousands.

    `person` is the person's id, or the line of a new one, who has none yet.
    """

    person: UUID | int
    line: int
    is_new: bool
    has_email: bool
    has_external_id: bool


class Decider:
    """Decides rows in their order and remembers whom it has taken, so that one decider sees all repeats."""

    def __init__(self, labels: Mapping[str, str], room: tuple[int, int] | None = None) -> None:
        """`labels` maps a target (`email`) to the label of its column in the file. `room`: how many new people the plan
        has room for, and its number; None for as many as come."""
        self._labels = labels
        self._room = room
        self._by_external_id: dict[str, _Taken] = {}
        self._by_email: dict[str, _Taken] = {}
        self._by_phone: dict[str, list[_Taken]] = {}
        self._lines: dict[UUID | int, int] = {}

    def decide(self, rows: Sequence[ContactRow], matches: Mapping[int, Match]) -> Decided:
        """Returns what becomes of the rows; `matches` holds the lines of which anything is known."""
        known: list[tuple[int, UUID]] = []
        refused: list[RefusedRow] = []
        suppressed = 0
        for row in rows:
            match = matches.get(row.line, NOBODY)
            fate = self._fate(row, match)
            if fate is None and not self._has_room():
                fate = self._refusal(
                    row, "", "", "plan", NO_ROOM.format(limit=self._room[1] if self._room else 0)
                )
            if isinstance(fate, RefusedRow):
                refused.append(fate)
                continue
            self._take(row, fate)
            suppressed += match.is_suppressed
            if fate is not None:
                known.append((row.line, fate))
        return Decided(len(rows) - len(known) - len(refused), known, refused, suppressed)

    def _has_room(self) -> bool:
        """Whether one more new person goes in; then there is room for one less."""
        if self._room is None:
            return True
        left, limit = self._room
        self._room = (left - 1, limit)
        return left > 0

    def _fate(self, row: ContactRow, match: Match) -> RefusedRow | UUID | None:
        """Returns the known person, None for a new one, or a refusal."""
        if match is NOBODY and not self._has_met(row):
            return None
        if match.is_erased:
            # Nothing of the row is kept: that was the promise.
            return RefusedRow(
                row.line, "", "", "erased", "This person asked to be erased. Nothing was saved", []
            )
        by_id = _known(self._by_external_id.get(row.external_id)) or match.external_id
        by_email = _known(self._by_email.get(row.email_normal)) or match.email
        if by_id and by_email and by_id.person != by_email.person:
            reason = "The id belongs to one person and the e-mail to another"
            return self._refusal(row, "email", row.email, "conflict", reason)
        for target, known in (
            ("external_id", by_id),
            ("email", by_email),
            ("phone", None if by_id or by_email else self._known_by_phone(row, match)),
        ):
            if known:
                return self._as_known(row, target, known)
        return None

    def _has_met(self, row: ContactRow) -> bool:
        """Whether a row before has one of this row's keys; no empty key is ever remembered."""
        return (
            row.email_normal in self._by_email
            or row.phone in self._by_phone
            or row.external_id in self._by_external_id
        )

    def _as_known(self, row: ContactRow, target: str, known: Known) -> RefusedRow | UUID:
        line = known.line or self._lines.get(known.person)
        if line is None and isinstance(known.person, UUID):
            return known.person
        return self._repeat(row, target, line or 0, is_same_key=known.is_brought)

    def _known_by_phone(self, row: ContactRow, match: Match) -> Known | None:
        for taken in self._by_phone.get(row.phone, ()):
            is_other = (row.email_normal and taken.has_email) or (row.external_id and taken.has_external_id)
            if not is_other:
                return _known(taken)
        return match.phone

    def _take(self, row: ContactRow, contact_id: UUID | None) -> None:
        taken = _Taken(
            contact_id or row.line,
            row.line,
            contact_id is None,
            bool(row.email_normal),
            bool(row.external_id),
        )
        if row.external_id:
            self._by_external_id[row.external_id] = taken
        if row.email_normal:
            self._by_email[row.email_normal] = taken
        if row.phone:
            self._by_phone.setdefault(row.phone, []).append(taken)
        if contact_id:
            self._lines[contact_id] = row.line

    def _repeat(self, row: ContactRow, target: str, line: int, *, is_same_key: bool) -> RefusedRow:
        value = {"external_id": row.external_id, "email": row.email, "phone": row.phone}[target]
        reason = f"{_SAME[target] if is_same_key else 'Same person'} as line {line}. Line {line} was kept"
        return self._refusal(row, target, value, "repeated", reason)

    def _refusal(self, row: ContactRow, target: str, value: str, code: str, reason: str) -> RefusedRow:
        return RefusedRow(row.line, self._labels.get(target, ""), value, code, reason, row.values)


def _known(taken: _Taken | None) -> Known | None:
    return Known(taken.person, taken.line, taken.is_new) if taken else None
