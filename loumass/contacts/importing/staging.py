"""A chunk's rows in a TEMP table of the running transaction: `COPY` is refused on tables with policies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.importing.deciding import Decided
from loumass.contacts.places import timezone_of_phone
from loumass.contacts.validation import ContactRow
from loumass.core.database import db
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import current_organization_id

#: Column -> type, and what it is where a row says nothing.
COLUMNS = {
    "line": "integer",
    "external_id": "text",
    "email": "text",
    "email_key": 'text COLLATE "C"',
    "email_hash": "bytea",
    "phone": "text",
    "phone_hash": "bytea",
    "first_name": "text DEFAULT ''",
    "last_name": "text DEFAULT ''",
    "company": "text DEFAULT ''",
    "title": "text DEFAULT ''",
    "city": "text DEFAULT ''",
    "state": "text DEFAULT ''",
    "country": "text DEFAULT ''",
    "timezone": "text",
    "timezone_of_phone": "text",
    "owner_id": "uuid",
    "fields": "jsonb DEFAULT '{}'",
    "tags": "text[] DEFAULT '{}'",
    # What a row is until somebody is found whom it means.
    "contact_id": "uuid DEFAULT uuidv7()",
    "is_new": "boolean DEFAULT true",
}
_CREATE = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())

#: No cleaned text holds a control character: tab and line end divide, and this one stands for NULL.
_NULL = "\x01"


#: By which people are known.
_KEYS = ("line", "external_id", "email_key", "email_hash", "phone", "phone_hash")


class Copy(NamedTuple):
    """Rows in COPY's text format, and the columns that they have."""

    columns: list[str]
    lines: bytes


class Copies(NamedTuple):
    """The rows with all that they say, and with their keys alone."""

    whole: Copy
    keys: Copy


def copies_of(rows: Sequence[ContactRow], owners: Mapping[str, UUID]) -> Copies:
    """Returns the rows as `stage` takes them, without the columns of which none says anything.

    `owners` maps a member's e-mail and name, in lower case, to the user. Column by column, and the text by hand:
    adapting value by value took most of an import's time.
    """
    said = {name: _filled(name, values) for name, values in _columns(rows, owners).items() if any(values)}
    return Copies(_copy(said), _copy({name: said[name] for name in _KEYS if name in said}))


def _copy(columns: Mapping[str, Sequence[str]]) -> Copy:
    lines = "\n".join(map("\t".join, zip(*columns.values(), strict=True)))
    return Copy(list(columns), lines.replace("\\", "\\\\").replace(_NULL, "\\N").encode())


def stage(copied: Copy) -> None:
    """Fills the TEMP table `import_stage`; it goes with the transaction. Every row is a new person until `settle`."""
    connection = db().connection()
    connection.execute(text(f"CREATE TEMP TABLE import_stage ({_CREATE}) ON COMMIT DROP"))
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY import_stage ({', '.join(copied.columns)}) FROM STDIN") as copy:  # pyright: ignore[reportAttributeAccessIssue]  psycopg's cursor
        copy.write(copied.lines)
    cursor.close()


def settle(decided: Decided) -> None:
    """Makes the staged rows what was decided of them."""
    if decided.known:
        lines, ids = zip(*decided.known, strict=True)
        db().execute(_KNOWN, {"lines": list(lines), "ids": list(ids)})
    if decided.refused:
        db().execute(_REFUSED, {"lines": [one.line for one in decided.refused]})


def keep_to(user_id: UUID | None) -> None:
    """Whoever is new belongs to the user, unless the list says whose they are; people of others are left as they are."""
    bound = {"organization_id": current_organization_id(), "user_id": user_id}
    for statement in (_THEIRS, _NOT_THEIRS):
        db().execute(statement, bound)


def people_staged() -> dict[int, UUID]:
    """Line -> who the staged row is by now."""
    return {
        row.line: row.contact_id for row in db().execute(text("SELECT line, contact_id FROM import_stage"))
    }


def forget() -> None:
    """Drops the table before the transaction ends."""
    db().execute(text("DROP TABLE import_stage"))


def _columns(rows: Sequence[ContactRow], owners: Mapping[str, UUID]) -> dict[str, Sequence[str]]:
    """Column -> its values as COPY writes them; an empty one says nothing."""
    by = dict(zip(ContactRow._fields, zip(*rows, strict=True), strict=True))
    return {
        "line": list(map(str, by["line"])),
        "external_id": by["external_id"],
        "email": by["email"],
        "email_key": by["email_normal"],
        "email_hash": list(map(_hash, by["email_normal"])),
        "phone": by["phone"],
        "phone_hash": list(map(_hash, by["phone"])),
        **{
            name: by[name]
            for name in ("first_name", "last_name", "company", "title", "city", "state", "country")
        },
        "timezone": by["timezone"],
        "timezone_of_phone": [phone and (timezone_of_phone(phone) or "") for phone in by["phone"]],
        "owner_id": [owners[owner.lower()].hex if owner.lower() in owners else "" for owner in by["owner"]],
        "fields": [json.dumps(fields) if fields else "" for fields in by["fields"]],
        "tags": [_array(tags) if tags else "" for tags in by["tags"]],
    }


def _filled(name: str, values: Sequence[str]) -> Sequence[str]:
    default = COLUMNS[name].partition(" DEFAULT ")[2]
    empty = default.strip("'") if default else _NULL
    return [value or empty for value in values] if empty else values


def _hash(address: str) -> str:
    return f"\\x{keyed_hash(address).hex()}" if address else ""


def _array(words: Sequence[str]) -> str:
    """A PostgreSQL array literal of texts."""
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return "{" + ",".join(f'"{word}"' for word in quoted) + "}"


_KNOWN = text("""
    UPDATE import_stage SET contact_id = found.contact_id, is_new = false
    FROM unnest(CAST(:lines AS integer[]), CAST(:ids AS uuid[])) AS found(line, contact_id)
    WHERE import_stage.line = found.line
""")
_REFUSED = text("DELETE FROM import_stage WHERE line = ANY(CAST(:lines AS integer[]))")
_THEIRS = text("UPDATE import_stage SET owner_id = CAST(:user_id AS uuid) WHERE is_new AND owner_id IS NULL")
_NOT_THEIRS = text("""
    DELETE FROM import_stage AS stage USING contact
    WHERE NOT stage.is_new AND contact.organization_id = :organization_id AND contact.id = stage.contact_id
      AND contact.owner_id IS DISTINCT FROM CAST(:user_id AS uuid)
""")
