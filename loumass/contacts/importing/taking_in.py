"""People who come one by one from outside, with the care and the identity rules of an import: id, then e-mail, then mobile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import select, text

from loumass.contacts.importing import staging, upserting
from loumass.contacts.importing.deciding import Decider
from loumass.contacts.importing.matching import find_matches
from loumass.contacts.importing.options import Existing
from loumass.contacts.importing.running import owners_by_name
from loumass.contacts.mapping import ASK, FIELD, IGNORE, ColumnMapping, guess_mapping
from loumass.contacts.models import ContactField
from loumass.contacts.room import room_for_people
from loumass.contacts.tables.shape import RefusedRow, Row
from loumass.contacts.validation import ContactRow, RowReader
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

#: What no import has: nobody was named by a line of it before.
_NO_IMPORT = UUID(int=0)
_REPEATED = "repeated"
_NOWHERE = (ASK, IGNORE)


@dataclass(slots=True)
class TakenIn:
    """What became of what was said of people, by its place: who they are, or why not; names of what was left out; and who
    was named before in the same batch, so must be taken in by the next."""

    people: dict[int, UUID] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    left_out: dict[int, list[str]] = field(default_factory=dict)
    repeated: set[int] = field(default_factory=set)


def take_in(said: Sequence[Mapping[str, str]], existing: Existing, tags: list[str], country: str) -> TakenIn:
    """Create or change the people; each of `said` maps names as in a list's header to values. A number of statements that does
    not grow with them. What names neither a column nor a field of the organization is left out.

    Raises IntegrityError where somebody entered one of these people just now; a second try finds them.
    """
    taken, rows = TakenIn(), []
    known = {row.key: row.label for row in db().execute(select(ContactField.key, ContactField.label))}
    owners = owners_by_name()
    for place, one in enumerate(said):
        mapping = _mapping(one, known)
        taken.left_out[place] = [
            choice.label
            for choice in mapping.columns
            if choice.target in _NOWHERE and one[choice.label].strip()
        ]
        read = RowReader(mapping, country, owners=owners).read(Row(place, list(one.values())))
        if isinstance(read, RefusedRow):
            taken.refused[place] = f"{read.reason}: “{read.value}”." if read.column else f"{read.reason}."
        else:
            rows.append(read)
    if rows:
        _put_in(rows, owners, existing, tags, taken)
    return taken


def _mapping(said: Mapping[str, str], known: Mapping[str, str]) -> ColumnMapping:
    """As for a list, but a name that nobody knows makes no new field: anybody may send anything."""
    guessed = guess_mapping(list(said), [list(said.values())], known)
    return ColumnMapping(
        tuple(
            replace(choice, target=IGNORE) if choice.target == FIELD and choice.key not in known else choice
            for choice in guessed.columns
        )
    )


def _put_in(
    rows: list[ContactRow], owners: dict[str, UUID], existing: Existing, tags: list[str], taken: TakenIn
) -> None:
    db().execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"import {current_organization_id()}"},
    )
    staging.stage(staging.copies_of(rows, owners).whole)
    decided = Decider({}, room_for_people()).decide(rows, find_matches(_NO_IMPORT))
    staging.settle(decided)
    for refusal in decided.refused:
        if refusal.code == _REPEATED:
            taken.repeated.add(refusal.line)
        else:
            taken.refused[refusal.line] = f"{refusal.reason}."
    staged = upserting.Staged(decided.new, len(decided.known), any(one.tags for one in rows))
    upserting.upsert(None, existing, tags, "", staged)
    taken.people = staging.people_staged()
    staging.forget()
