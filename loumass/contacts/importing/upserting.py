"""The staged rows become people, tags, consent and history: a handful of statements, whatever their number."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import CursorResult, text

from loumass.contacts import telling
from loumass.contacts.importing.options import Existing
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import Hearers, facts_within, hearers_of


class Counts(NamedTuple):
    """How many staged rows were created, updated, and left as they were."""

    created: int
    updated: int
    unchanged: int


class Staged(NamedTuple):
    """How many rows of `import_stage` are new people, how many are people we know, and whether any row has tags."""

    new: int
    known: int
    has_tags: bool


def upsert(
    import_id: UUID | None, existing: Existing, tags: list[str], source: str, staged: Staged
) -> Counts:
    """Puts the rows of `import_stage` in; runs in the transaction that staged them. What no row needs is not asked. Without
    an import nobody keeps which line of which list brought them.

    Raises IntegrityError where somebody entered one of these people just now; a second try finds them.
    """
    bound = {
        "organization_id": current_organization_id(),
        "import_id": import_id,
        "now": clock.now(),
        "user_id": db().info.get("user_id"),
        "source": source,
        "tags": tags,
        "is_skip": existing == "skip",
        "facts": json.dumps({"import_id": str(import_id)} if import_id else {}),
    }
    updated = 0
    hearers = hearers_of(telling.CHANGED)
    if staged.new:
        db().execute(_INSERT, bound)
        if import_id is not None:
            db().execute(_BROUGHT, bound)
        db().execute(_CREATED, bound)
        if hearers.wanted:
            _tell(_COME, bound, hearers)
    if staged.known and existing != "skip":
        if hearers.wanted:
            _tell(_CHANGING[existing], bound, hearers)
        updated = _count(_UPDATES[existing], bound)
    if staged.known and import_id is not None:
        db().execute(_FOUND, bound)
    if tags or staged.has_tags:
        db().execute(_NEW_TAGS, bound)
        of_tags = hearers_of(telling.TAGGED)
        if of_tags.wanted:
            _tell_tags(bound, of_tags)
        else:
            db().execute(_TAG, bound)
    if source:
        db().execute(_CONSENT, bound)
    return Counts(staged.new, updated, staged.known - updated)


def _tell(statement: str, bound: dict[str, Any], hearers: Hearers) -> None:
    told = facts_within("changed", "jsonb_build_object('fields', changed.names)")
    values = bound | hearers.publishing() | {"watched": sorted(hearers.wanted)}
    # Asked before they are changed, while the rows still say what they said.
    db().execute(text(statement.format(told=told)), values)
    hearers.ring()


def _tell_tags(bound: dict[str, Any], hearers: Hearers) -> None:
    told = telling.tagged_within("given")
    statement = f"WITH given AS ({_TAG_SQL} RETURNING contact_id, tag_id), {told} SELECT count(*) FROM given"
    db().execute(text(statement), bound | telling.telling_tags(hearers))
    hearers.ring()


def _count(statement: Any, bound: dict[str, Any]) -> int:
    found = cast(CursorResult[Any], db().execute(statement, bound))
    return found.rowcount


_TEXTS = ("first_name", "last_name", "company", "title", "city", "state", "country")
_INSERT = text(f"""
    WITH came AS (
    INSERT INTO contact (organization_id, id, external_id, email, email_key, email_hash, phone, phone_hash,
                         {", ".join(_TEXTS)}, timezone, timezone_source, owner_id, fields, source, created_at, updated_at)
    SELECT :organization_id, contact_id, external_id, email, email_key, email_hash, phone, phone_hash,
           {", ".join(_TEXTS)}, coalesce(timezone, timezone_of_phone),
           CASE WHEN timezone IS NOT NULL THEN 'given' WHEN timezone_of_phone IS NOT NULL THEN 'phone' END, owner_id, fields, :source, :now, :now
    FROM import_stage WHERE is_new
    RETURNING id
    )
    SELECT count(*) FROM came
""")

# Somebody's word for it outranks the area of the number, also when it comes later.
_GUESSED = "(old.timezone IS NULL OR old.timezone_source = 'phone')"
# New value of each column, where `old` is the person and `new` the row. An empty cell never deletes.
_FILL = {
    **{name: f"CASE WHEN old.{name} = '' THEN new.{name} ELSE old.{name} END" for name in _TEXTS},
    "external_id": "coalesce(old.external_id, new.external_id)",
    "email": "coalesce(old.email, new.email)",
    "email_key": "coalesce(old.email_key, new.email_key)",
    "email_hash": "coalesce(old.email_hash, new.email_hash)",
    "phone": "coalesce(old.phone, new.phone)",
    "phone_hash": "coalesce(old.phone_hash, new.phone_hash)",
    "timezone": f"CASE WHEN {_GUESSED} THEN coalesce(new.timezone, old.timezone, new.timezone_of_phone) ELSE old.timezone END",
    "timezone_source": f"""CASE WHEN NOT {_GUESSED} THEN old.timezone_source WHEN new.timezone IS NOT NULL THEN 'given'
        WHEN old.timezone IS NOT NULL OR new.timezone_of_phone IS NOT NULL THEN 'phone' END""",
    "owner_id": "coalesce(old.owner_id, new.owner_id)",
    "fields": "new.fields || old.fields",
}
_OVERWRITE = {
    **{name: f"CASE WHEN new.{name} <> '' THEN new.{name} ELSE old.{name} END" for name in _TEXTS},
    "external_id": "coalesce(new.external_id, old.external_id)",
    "email": "coalesce(new.email, old.email)",
    "email_key": "coalesce(new.email_key, old.email_key)",
    "email_hash": "coalesce(new.email_hash, old.email_hash)",
    "phone": "coalesce(new.phone, old.phone)",
    "phone_hash": "coalesce(new.phone_hash, old.phone_hash)",
    "timezone": f"""coalesce(new.timezone, CASE WHEN {_GUESSED} THEN new.timezone_of_phone END, old.timezone)""",
    "timezone_source": f"""CASE WHEN new.timezone IS NOT NULL THEN 'given' WHEN NOT {_GUESSED} THEN old.timezone_source
        WHEN coalesce(new.timezone_of_phone, old.timezone) IS NOT NULL THEN 'phone' END""",
    "owner_id": "coalesce(new.owner_id, old.owner_id)",
    "fields": "old.fields || new.fields",
}


def _update(values: dict[str, str]) -> Any:
    names = ", ".join(values)
    changed = ", ".join(f"{value} AS {name}" for name, value in values.items())
    return text(f"""
        WITH wanted AS (
            SELECT old.id, {changed}
            FROM import_stage AS new
            JOIN contact AS old ON old.organization_id = :organization_id AND old.id = new.contact_id
            WHERE NOT new.is_new
        )
        UPDATE contact SET ({names}, updated_at) = ({", ".join(f"wanted.{name}" for name in values)}, :now)
        FROM wanted
        WHERE contact.organization_id = :organization_id AND contact.id = wanted.id
          AND ({", ".join(f"contact.{name}" for name in values)})
              IS DISTINCT FROM ({", ".join(f"wanted.{name}" for name in values)})
        RETURNING contact.id
    """)


_UPDATES = {"fill": _update(_FILL), "update": _update(_OVERWRITE)}


def _changing(values: dict[str, str]) -> str:
    """Whom an update is about to change in a watched field, and in which."""
    read = (*telling.COLUMNS, "owner_id", "fields")
    after = ", ".join(
        f"{values[name]} AS {name}" if name in values else f"old.{name}" for name in dict.fromkeys(read)
    )
    return f"""
        WITH changing AS (
            SELECT old.id AS contact_id, {telling.NO_IDS}, {telling.changed_sql("old", "after")} AS names
            FROM import_stage AS new
            JOIN contact AS old ON old.organization_id = :organization_id AND old.id = new.contact_id
            CROSS JOIN LATERAL (SELECT {after}) AS after
            WHERE NOT new.is_new
        ), changed AS (SELECT * FROM changing WHERE names <> '{{{{}}}}'), {{told}}
        SELECT count(*) FROM changed
    """


_CHANGING = {"fill": _changing(_FILL), "update": _changing(_OVERWRITE)}
# Whoever is new had nothing in any field before.
_COME = f"""
    WITH come AS (
        SELECT came.id AS contact_id, {telling.NO_IDS}, {telling.changed_sql("nobody", "came")} AS names
        FROM import_stage AS new
        JOIN contact AS came ON came.organization_id = :organization_id AND came.id = new.contact_id
        CROSS JOIN (SELECT {", ".join(f"CAST('' AS text) AS {name}" for name in telling.COLUMNS)}, CAST(NULL AS uuid) AS owner_id, CAST('{{{{}}}}' AS jsonb) AS fields) AS nobody
        WHERE new.is_new
    ), changed AS (SELECT * FROM come WHERE names <> '{{{{}}}}'), {{told}}
    SELECT count(*) FROM changed
"""
# Facts only: a million people are not a million notices. Who must act on them listens to `import.finished`.
_CREATED = text("""
    WITH told AS (
    INSERT INTO event (organization_id, kind, happened_at, contact_id, user_id, facts)
    SELECT :organization_id, 'contact.created', :now, contact_id, CAST(:user_id AS uuid),
           CAST(:facts AS jsonb)
    FROM import_stage WHERE is_new
    RETURNING id
    )
    SELECT count(*) FROM told
""")
_BROUGHT = text("""
    WITH brought AS (
        INSERT INTO imported_contact (organization_id, import_id, contact_id, line, is_new)
        SELECT :organization_id, :import_id, contact_id, line, true FROM import_stage WHERE is_new
        RETURNING line
    )
    SELECT count(*) FROM brought
""")
_FOUND = text("""
    INSERT INTO imported_contact (organization_id, import_id, contact_id, line, is_new)
    SELECT :organization_id, :import_id, contact_id, line, false FROM import_stage WHERE NOT is_new
    ON CONFLICT (organization_id, import_id, contact_id) DO NOTHING
""")
_NEW_TAGS = text("""
    INSERT INTO tag (organization_id, name, created_at)
    SELECT DISTINCT ON (lower(name)) :organization_id, name, CAST(:now AS timestamptz)
    FROM (SELECT unnest(tags || CAST(:tags AS text[])) AS name FROM import_stage WHERE is_new OR NOT :is_skip) AS wanted
    ORDER BY lower(name), name
    ON CONFLICT (organization_id, name_key) DO NOTHING
""")
_TAG_SQL = """
    INSERT INTO contact_tag (organization_id, contact_id, tag_id, created_at)
    SELECT DISTINCT :organization_id, wanted.contact_id, tag.id, CAST(:now AS timestamptz)
    FROM (SELECT contact_id, unnest(tags || CAST(:tags AS text[])) AS name
          FROM import_stage WHERE is_new OR NOT :is_skip) AS wanted
    JOIN tag ON tag.organization_id = :organization_id AND tag.name_key = lower(wanted.name)
    ON CONFLICT (organization_id, contact_id, tag_id) DO NOTHING
"""
_TAG = text(_TAG_SQL)
# Once per person, medium and words, so that the same list again proves nothing new.
_CONSENT = text("""
    INSERT INTO consent (organization_id, contact_id, medium, is_granted, source, evidence, recorded_by_id, recorded_at)
    SELECT :organization_id, stage.contact_id, given.medium, true, :source, jsonb_build_object(
            'import_id', CAST(:import_id AS text), 'file', (SELECT file_name FROM contact_import
                WHERE organization_id = :organization_id AND id = CAST(:import_id AS uuid)),
            'line', stage.line, 'address_hash', encode(given.hash, 'hex')), CAST(:user_id AS uuid), :now
    FROM import_stage AS stage
    CROSS JOIN LATERAL (VALUES ('email', stage.email, stage.email_hash), ('sms', stage.phone, stage.phone_hash))
        AS given(medium, address, hash)
    WHERE given.address IS NOT NULL AND (stage.is_new OR NOT :is_skip)
      AND (stage.is_new OR NOT EXISTS (
          SELECT 1 FROM consent AS before
          WHERE before.organization_id = :organization_id AND before.contact_id = stage.contact_id
            AND before.medium = given.medium AND before.is_granted AND before.source = :source))
    RETURNING id
""")
