"""Whom the staged rows of a chunk mean among the people we know: by id, then e-mail, then mobile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import text

from loumass.core.database import db
from loumass.core.plans import looked_up_in_order
from loumass.core.tenancy import current_organization_id


@dataclass(frozen=True, slots=True)
class Known:
    """A person we know, and the line of the same file that named them already, if one did.

    `person` is their id, or that line where it brings them and nobody has an id yet. `is_brought`: that line brought
    the person, so it carries the same key.
    """

    person: UUID | int
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


def find_matches(import_id: UUID) -> dict[int, Match]:
    """Returns line -> match for the rows of `import_stage` of which anything is known, by one statement.

    A mobile tells a person only where no stronger key speaks against it: colleagues share office numbers.
    """
    bound = {"organization_id": current_organization_id(), "import_id": import_id}
    with looked_up_in_order():
        known, barred = db().execute(_KNOWN, bound).all(), db().execute(_BARRED, bound).all()
    matches: dict[int, Match] = {}
    for line, key, contact_id, seen_in, is_brought in known:
        person = {key: Known(contact_id, seen_in, bool(is_brought))}
        matches[line] = replace(matches.get(line, NOBODY), **person)
    for line, medium, reason in barred:
        before = matches.get(line, NOBODY)
        matches[line] = replace(
            before,
            is_erased=before.is_erased or reason == "erased",
            is_suppressed=before.is_suppressed or medium in {"email", "sms"},
        )
    return matches


# Row by row, each by one descent of the index that its ORDER BY names.
_KNOWN = text("""
    SELECT found.line, found.key, found.contact_id, before.line, before.is_new
    FROM (
        SELECT stage.line, 'external_id' AS key, known.id AS contact_id
        FROM import_stage AS stage
        CROSS JOIN LATERAL (
            SELECT contact.id FROM contact
            WHERE contact.organization_id = :organization_id AND contact.archived_at IS NULL
              AND contact.external_id BETWEEN stage.external_id AND stage.external_id
            ORDER BY contact.external_id LIMIT 1
        ) AS known
        WHERE stage.external_id IS NOT NULL
        UNION ALL
        SELECT stage.line, 'email', known.id
        FROM import_stage AS stage
        CROSS JOIN LATERAL (
            SELECT contact.id FROM contact
            WHERE contact.organization_id = :organization_id AND contact.archived_at IS NULL
              AND contact.email_key BETWEEN stage.email_key AND stage.email_key
            ORDER BY contact.email_key LIMIT 1
        ) AS known
        WHERE stage.email_key IS NOT NULL
        UNION ALL
        SELECT stage.line, 'phone', oldest.id
        FROM import_stage AS stage
        CROSS JOIN LATERAL (
            SELECT known.id FROM (
                SELECT contact.id, contact.created_at FROM contact
                WHERE contact.organization_id = :organization_id AND contact.archived_at IS NULL
                  AND contact.phone BETWEEN stage.phone AND stage.phone
                  AND (stage.email_key IS NULL OR contact.email_key IS NULL)
                  AND (stage.external_id IS NULL OR contact.external_id IS NULL)
                ORDER BY contact.phone OFFSET 0
            ) AS known
            ORDER BY known.created_at, known.id LIMIT 1
        ) AS oldest
        WHERE stage.phone IS NOT NULL
    ) AS found
    LEFT JOIN LATERAL (
        SELECT told.line, told.is_new FROM imported_contact AS told
        WHERE told.organization_id = :organization_id AND told.import_id = :import_id
          AND told.contact_id BETWEEN found.contact_id AND found.contact_id
        ORDER BY told.contact_id LIMIT 1
    ) AS before ON true
""")
_BARRED = text("""
    SELECT stage.line, barred.medium, barred.reason
    FROM import_stage AS stage
    CROSS JOIN LATERAL (
        SELECT said.medium, said.reason FROM suppression AS said
        WHERE said.organization_id = :organization_id AND said.medium = 'email'
          AND said.address_hash BETWEEN stage.email_hash AND stage.email_hash
        ORDER BY said.address_hash LIMIT 1
    ) AS barred
    WHERE stage.email_hash IS NOT NULL
    UNION ALL
    SELECT stage.line, media.medium, barred.reason
    FROM import_stage AS stage
    CROSS JOIN (VALUES ('sms'), ('voicemail')) AS media(medium)
    CROSS JOIN LATERAL (
        SELECT said.reason FROM suppression AS said
        WHERE said.organization_id = :organization_id AND said.medium = media.medium
          AND said.address_hash BETWEEN stage.phone_hash AND stage.phone_hash
        ORDER BY said.address_hash LIMIT 1
    ) AS barred
    WHERE stage.phone_hash IS NOT NULL
""")
