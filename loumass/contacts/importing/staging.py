"""A chunk's rows in a TEMP table of the running transaction: `COPY` is refused on tables with policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.importing.deciding import Verdict
from loumass.contacts.importing.matching import hash_of
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


def stage(verdicts: Iterable[Verdict], owners: Mapping[str, UUID]) -> None:
    """Fills the TEMP table `import_stage` with the accepted rows; it goes with the transaction.

    `owners` maps a member's e-mail and name, in lower case, to the user.
    """
    connection = db().connection()
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(text(f"CREATE TEMP TABLE import_stage ({columns}) ON COMMIT DROP"))
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY import_stage ({', '.join(COLUMNS)}) FROM STDIN") as copy:  # pyright: ignore[reportAttributeAccessIssue]  psycopg's cursor
        for verdict in verdicts:
            copy.write_row(_values(verdict, owners))
    cursor.close()
    connection.execute(text("ANALYZE import_stage"))


def _values(verdict: Verdict, owners: Mapping[str, UUID]) -> tuple[Any, ...]:
    row = verdict.row
    return (
        row.line,
        verdict.contact_id,
        verdict.is_new,
        row.external_id or None,
        row.email or None,
        row.email_normal or None,
        hash_of(row.email_normal),
        row.phone or None,
        hash_of(row.phone),
        row.first_name,
        row.last_name,
        row.company,
        row.title,
        row.city,
        row.state,
        row.country,
        row.timezone or None,
        timezone_of_phone(row.phone) if row.phone and not row.timezone else None,
        owners.get(row.owner.lower()) if row.owner else None,
        json.dumps(row.fields) if row.fields else "{}",
        list(row.tags),
    )
