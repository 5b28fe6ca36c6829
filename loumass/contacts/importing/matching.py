"""Whom the rows of a chunk mean among the people we know: by id, then e-mail, then mobile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text

from loumass.contacts.validation import ContactRow
from loumass.core.database import db
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import current_organization_id


@dataclass(frozen=True, slots=True)
class Known:
    """A person we know, and the line of the same file that named them already, if one did.

    `is_brought`: that line brought the person, so it carries the same key.
    """

    contact_id: UUID
    line: int | None = None
    is_brought: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """What is known of one row's keys. An erased address must not come back; a suppressed one may."""

    external_id: Known | None = None
    email: Known | None = None
    phone: Known | None = None
    is_erased: bool = False
    is_suppressed: bool = False


NOBODY = Match()


class Keys:
    """What a chunk's people are known by, each once. `hashes` maps each address to its keyed hash."""

    def __init__(self, rows: Sequence[ContactRow]) -> None:
        self.rows = rows
        self.external_ids = list({row.external_id for row in rows if row.external_id})
        self.emails = list({row.email_normal for row in rows if row.email_normal})
        self.phones = list({row.phone for row in rows if row.phone})
        self.hashes = {address: keyed_hash(address) for address in (*self.emails, *self.phones)}


def find_matches(import_id: UUID, keys: Keys) -> dict[int, Match]:
    """Returns line -> match for the rows of which anything is known; a few statements, whatever the number.

    A mobile tells a person only where no stronger key speaks against it: colleagues share office numbers.
    """
    if not keys.rows:
        return {}
    with _planned_for_these_arrays():
        by_id = _people(_BY_EXTERNAL_ID, keys.external_ids)
        by_email = _people(_BY_EMAIL, keys.emails)
        by_phone = _people_by_phone(keys.phones)
        barred = _barred(keys)
    found: dict[int, tuple[UUID | None, UUID | None, UUID | None]] = {}
    for row in keys.rows:
        ids = by_id.get(row.external_id), by_email.get(row.email_normal), _by_phone(row, by_phone)
        if any(ids) or row.line in barred:
            found[row.line] = ids
    lines = _lines(import_id, {one for ids in found.values() for one in ids if one})
    return {line: _match(ids, lines, barred.get(line)) for line, ids in found.items()}


@contextmanager
def _planned_for_these_arrays() -> Iterator[None]:
    """A generic plan does not know how long the arrays are and compares them element by element. Set back at once:
    foreign keys would be planned anew for each row.
    """
    db().execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    yield
    db().execute(text("SET LOCAL plan_cache_mode = auto"))


class _Candidate(NamedTuple):
    contact_id: UUID
    has_email: bool
    has_external_id: bool


def _people(statement: TextClause, keys: list[str]) -> dict[str, UUID]:
    if not keys:
        return {}
    found = db().execute(statement, {"organization_id": current_organization_id(), "keys": keys})
    return {key: contact_id for contact_id, key in found}


def _people_by_phone(phones: list[str]) -> dict[str, list[_Candidate]]:
    """The oldest person first."""
    found: dict[str, list[_Candidate]] = {}
    if phones:
        bound = {"organization_id": current_organization_id(), "keys": phones}
        for phone, *candidate in db().execute(_BY_PHONE, bound):
            found.setdefault(phone, []).append(_Candidate(*candidate))
    return found


def _by_phone(row: ContactRow, people: dict[str, list[_Candidate]]) -> UUID | None:
    for one in people.get(row.phone, ()):
        if not (row.email_normal and one.has_email) and not (row.external_id and one.has_external_id):
            return one.contact_id
    return None


def _barred(keys: Keys) -> dict[int, set[tuple[str, str]]]:
    """Returns line -> (medium, reason) of everything that bars one of the row's addresses."""
    bound = {"organization_id": current_organization_id(), "hashes": list(keys.hashes.values())}
    said: dict[bytes, list[tuple[str, str]]] = {}
    for address_hash, medium, reason in db().execute(_BARRED, bound):
        said.setdefault(address_hash, []).append((medium, reason))
    found: dict[int, set[tuple[str, str]]] = {}
    for row in keys.rows if said else ():
        for address, is_email in ((row.email_normal, True), (row.phone, False)):
            for medium, reason in said.get(keys.hashes.get(address, b""), ()):
                if is_email == (medium == "email"):
                    found.setdefault(row.line, set()).add((medium, reason))
    return found


def _lines(import_id: UUID, contact_ids: set[UUID]) -> dict[UUID, tuple[int, bool]]:
    """Returns the people whom earlier chunks of the same list named: line, and whether it brought them."""
    if not contact_ids:
        return {}
    bound = {"organization_id": current_organization_id(), "import_id": import_id, "ids": list(contact_ids)}
    return {contact_id: (line, is_new) for contact_id, line, is_new in db().execute(_LINES, bound)}


def _match(
    ids: tuple[UUID | None, UUID | None, UUID | None],
    lines: dict[UUID, tuple[int, bool]],
    barred: set[tuple[str, str]] | None,
) -> Match:
    known = [Known(one, *lines.get(one, (None, False))) if one else None for one in ids]
    is_erased = any(reason == "erased" for _, reason in barred or ())
    is_suppressed = any(medium in {"email", "sms"} for medium, _ in barred or ())
    return Match(*known, is_erased=is_erased, is_suppressed=is_suppressed)


# Each is at worst one pass over the table, whatever the planner believes of it.
_BY_EXTERNAL_ID = text("""
    SELECT id, external_id FROM contact
    WHERE organization_id = :organization_id AND archived_at IS NULL AND external_id = ANY(CAST(:keys AS text[]))
""")
_BY_EMAIL = text("""
    SELECT id, email_key FROM contact
    WHERE organization_id = :organization_id AND archived_at IS NULL AND email_key = ANY(CAST(:keys AS text[]))
""")
_BY_PHONE = text("""
    SELECT phone, id, email_key IS NOT NULL, external_id IS NOT NULL FROM contact
    WHERE organization_id = :organization_id AND archived_at IS NULL AND phone = ANY(CAST(:keys AS text[]))
    ORDER BY created_at, id
""")
_BARRED = text("""
    SELECT barred.address_hash, barred.medium, barred.reason
    FROM unnest(CAST(:hashes AS bytea[])) AS wanted(address_hash)
    JOIN suppression AS barred ON barred.organization_id = :organization_id
        AND barred.medium IN ('email', 'sms', 'voicemail') AND barred.address_hash = wanted.address_hash
""")
_LINES = text("""
    SELECT contact_id, line, is_new FROM imported_contact
    WHERE organization_id = :organization_id AND import_id = :import_id AND contact_id = ANY(CAST(:ids AS uuid[]))
""")
