"""A chunk's rows in a TEMP table of the running transaction: `COPY` is refused on tables with policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.importing.deciding import Decided
from loumass.contacts.places import timezone_of_phone
from loumass.contacts.validation import ContactRow
from loumass.core.database import db
from loumass.core.secrets import keyed_hash

#: Column -> type, in the order of the COPY.
COPIED = {
    "line": "integer",
    "external_id": "text",
    "email": "text",
    "email_key": 'text COLLATE "C"',
    "email_hash": "bytea",
    "phone": "text",
    "phone_hash": "bytea",
    "first_name": "text",
    "last_name": "text",
    "company": "text",
    "title": "text",
    "city": "text",
    "state": "text",
    "country": "text",
    "timezone": "text",
    "timezone_of_phone": "text",
    "owner_id": "uuid",
    "fields": "jsonb",
    "tags": "text[]",
}
#: What a row is until somebody is found whom it means.
DECIDED = {"contact_id": "uuid DEFAULT uuidv7()", "is_new": "boolean DEFAULT true"}
_CREATE = ", ".join(f"{name} {kind}" for name, kind in {**COPIED, **DECIDED}.items())

#: No cleaned text holds a control character: tab and line end divide, and this one stands for NULL.
_NULL = "\x01"


def lines_of(rows: Iterable[ContactRow], owners: Mapping[str, UUID]) -> bytes:
    """Returns the rows as COPY's text format wants them; adapting value by value took most of the time.

    `owners` maps a member's e-mail and name, in lower case, to the user.
    """
    lines = "\n".join(["\t".join(_values(row, owners)) for row in rows])
    return lines.replace("\\", "\\\\").replace(_NULL, "\\N").encode()


def stage(lines: bytes) -> None:
    """Fills the TEMP table `import_stage` with what `lines_of` returned; it goes with the transaction.

    Every row is a new person until `settle`.
    """
    connection = db().connection()
    connection.execute(text(f"CREATE TEMP TABLE import_stage ({_CREATE}) ON COMMIT DROP"))
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY import_stage ({', '.join(COPIED)}) FROM STDIN") as copy:  # pyright: ignore[reportAttributeAccessIssue]  psycopg's cursor
        copy.write(lines)
    cursor.close()


def settle(decided: Decided) -> None:
    """Makes the staged rows what was decided of them."""
    if decided.known:
        lines, ids = zip(*decided.known, strict=True)
        db().execute(_KNOWN, {"lines": list(lines), "ids": list(ids)})
    if decided.refused:
        db().execute(_REFUSED, {"lines": [one.line for one in decided.refused]})


def forget() -> None:
    """Drops the table before the transaction ends."""
    db().execute(text("DROP TABLE import_stage"))


def _values(row: ContactRow, owners: Mapping[str, UUID]) -> tuple[str, ...]:
    owner = owners.get(row.owner.lower()) if row.owner else None
    zone = timezone_of_phone(row.phone) if row.phone and not row.timezone else None
    return (
        str(row.line),
        row.external_id or _NULL,
        row.email or _NULL,
        row.email_normal or _NULL,
        f"\\x{keyed_hash(row.email_normal).hex()}" if row.email_normal else _NULL,
        row.phone or _NULL,
        f"\\x{keyed_hash(row.phone).hex()}" if row.phone else _NULL,
        row.first_name,
        row.last_name,
        row.company,
        row.title,
        row.city,
        row.state,
        row.country,
        row.timezone or _NULL,
        zone or _NULL,
        owner.hex if owner else _NULL,
        json.dumps(row.fields) if row.fields else "{}",
        _array(row.tags) if row.tags else "{}",
    )


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
