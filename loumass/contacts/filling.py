"""Fields of many people filled at once by something that knows them: their own columns and custom ones, never addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

_COLUMNS = ("first_name", "last_name", "company", "title", "city", "state", "country")
_KEYS = text("""
    INSERT INTO contact_field (organization_id, id, key, label, created_at)
    SELECT :organization_id, uuidv7(), one.key, one.label, CAST(:now AS timestamptz)
    FROM unnest(CAST(:labels AS text[]), CAST(:keys AS text[])) AS one(label, key)
    ON CONFLICT (organization_id, key) DO NOTHING
""")
# Locked in id order, so that two that fill the same people never wait for each other in a circle.
_FILL = text(f"""
    WITH one AS MATERIALIZED (
        SELECT contact.id, given.own, given.custom
        FROM unnest(CAST(:contacts AS uuid[]), CAST(:own AS jsonb[]), CAST(:custom AS jsonb[])) AS given(id, own, custom)
        JOIN contact ON contact.organization_id = :organization_id AND contact.id = given.id AND contact.erased_at IS NULL
        ORDER BY contact.id FOR UPDATE OF contact
    )
    UPDATE contact SET {", ".join(f"{name} = coalesce(one.own ->> '{name}', contact.{name})" for name in _COLUMNS)},
        fields = contact.fields || one.custom, updated_at = :now
    FROM one WHERE contact.organization_id = :organization_id AND contact.id = one.id
""")


def fill(values: Mapping[UUID, Mapping[str, str]]) -> None:
    """Give each contact these values, by field; fields that do not exist yet begin to. Two statements."""
    known = {contact_id: given for contact_id, given in values.items() if given}
    if not known:
        return
    keys = sorted({key for given in known.values() for key in given if key not in _COLUMNS})
    bound = {"organization_id": current_organization_id(), "now": clock.now()}
    if keys:
        labels = [key.replace("_", " ").capitalize() for key in keys]
        db().execute(_KEYS, {**bound, "keys": keys, "labels": labels})
    own = [json.dumps({k: v for k, v in given.items() if k in _COLUMNS}) for given in known.values()]
    custom = [json.dumps({k: v for k, v in given.items() if k not in _COLUMNS}) for given in known.values()]
    db().execute(_FILL, {**bound, "contacts": list(known), "own": own, "custom": custom})
