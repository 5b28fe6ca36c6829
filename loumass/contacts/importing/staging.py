"""A chunk's rows in a TEMP table of the running transaction: `COPY` is refused on tables with policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.importing.deciding import Verdict
from loumass.contacts.places import timezone_of_phone
from loumass.core.database import db

#: Column -> type, in the order of the COPY.
COLUMNS = {
    "line": "integer",
    "contact_id": "uuid",
    "is_new": "boolean",
    "external_id": "text",
    "email": "text",
    "email_key": "text",
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


#: No cleaned text holds a control character: tab and line end divide, and this one stands for NULL.
_NULL = "\x01"


def stage(verdicts: Iterable[Verdict], owners: Mapping[str, UUID], hashes: Mapping[str, bytes]) -> None:
    """Fills the TEMP table `import_stage` with the accepted rows; it goes with the transaction.

    `owners` maps a member's e-mail and name, in lower case, to the user; `hashes` an address to its keyed hash.
    """
    connection = db().connection()
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(text(f"CREATE TEMP TABLE import_stage ({columns}) ON COMMIT DROP"))
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY import_stage ({', '.join(COLUMNS)}) FROM STDIN") as copy:  # pyright: ignore[reportAttributeAccessIssue]  psycopg's cursor
        # As COPY's text format wants it, by hand: adapting value by value took most of the time.
        lines = "\n".join(["\t".join(_values(verdict, owners, hashes)) for verdict in verdicts])
        copy.write(lines.replace("\\", "\\\\").replace(_NULL, "\\N"))
    cursor.close()


def _values(verdict: Verdict, owners: Mapping[str, UUID], hashes: Mapping[str, bytes]) -> tuple[str, ...]:
    row = verdict.row
    owner = owners.get(row.owner.lower()) if row.owner else None
    zone = timezone_of_phone(row.phone) if row.phone and not row.timezone else None
    return (
        str(row.line),
        verdict.contact_id.hex,
        "t" if verdict.is_new else "f",
        row.external_id or _NULL,
        row.email or _NULL,
        row.email_normal or _NULL,
        f"\\x{hashes[row.email_normal].hex()}" if row.email_normal else _NULL,
        row.phone or _NULL,
        f"\\x{hashes[row.phone].hex()}" if row.phone else _NULL,
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
