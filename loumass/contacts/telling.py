"""`contact.tagged` and `contact.changed`: told where tags and fields change, and only while somebody in the organization waits
for these very tags and fields. Whoever changes people asks who hears of it once for each batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import Hearers, facts_within, hearers_of, publish, publish_all, wanted

TAGGED, CHANGED = "contact.tagged", "contact.changed"
#: The columns that every contact has; every other name is one of the organization's own fields.
COLUMNS = (
    "external_id", "email", "phone", "first_name", "last_name", "company", "title", "city", "state", "country",
    "timezone", "source",
)  # fmt: skip
_FULL_NAME = "full_name"
#: Whose they are, among the names of fields; none of the organization's own begins like this.
OWNER = "_owner"
#: A tag that is theirs no more. A new one is told by its name: campaigns begin by it.
TAG_LESS = "_tags"
#: Ids that no fact about a contact alone has.
NO_IDS = ", ".join(
    f"CAST(NULL AS uuid) AS {name}"
    for name in (
        "campaign_id",
        "enrollment_id",
        "message_id",
        "conversation_id",
        "channel_id",
        "node_id",
        "user_id",
    )
)


def value_sql(contact: str, name: str) -> str:
    """SQL: the text that the field `name` (SQL as well) has at the row `contact`."""
    columns = " ".join(f"WHEN '{one}' THEN {contact}.{one}" for one in COLUMNS)
    full_name = f"WHEN '{_FULL_NAME}' THEN btrim({contact}.first_name || ' ' || {contact}.last_name)"
    owner = f"WHEN '{OWNER}' THEN {contact}.owner_id::text"
    return f"(CASE {name} {columns} {full_name} {owner} ELSE {contact}.fields ->> {name} END)"


def names_of(name: str) -> frozenset[str]:
    """The fields that may say something else once the field `name` does."""
    return frozenset({name, _FULL_NAME} if name in ("first_name", "last_name") else {name})


def changed_sql(old: str, new: str) -> str:
    """SQL: the names among `:watched` whose value differs between two rows, as an array. A value that is not there and an
    empty one are the same."""
    differs = (
        f"coalesce({value_sql(old, 'name')}, '') IS DISTINCT FROM coalesce({value_sql(new, 'name')}, '')"
    )
    return f"ARRAY(SELECT name FROM unnest(CAST(:watched AS text[])) AS name WHERE {differs})"


def tagged_within(rows: str) -> str:
    """SQL of CTEs that tell of each new tag in `rows` (contact_id, tag_id) that is among `:watched_tags`; it binds
    `telling_tags()`."""
    told = f"""(SELECT given.contact_id, {NO_IDS}, given.tag_id FROM {rows} given
        JOIN tag ON tag.organization_id = :organization_id AND tag.id = given.tag_id
            AND tag.name_key = ANY(CAST(:watched_tags AS text[]))) tagged"""
    return facts_within(told, "jsonb_build_object('tag', tagged.tag_id)")


def telling_tags(hearers: Hearers) -> dict[str, Any]:
    """What `tagged_within` binds."""
    return hearers.publishing() | {"watched_tags": sorted(hearers.wanted)}


def values_of(contact: Contact) -> dict[str, str]:
    """What the watched fields of a person say now: for `tell_changed`, once it is changed. Empty when nobody watches."""
    return {name: _value(contact, name) for name in wanted(CHANGED)}


def tell_changed(contact: Contact, before: Mapping[str, str]) -> None:
    """Tell which of the fields in `before` say something else by now."""
    changed = sorted(name for name, value in before.items() if value != _value(contact, name))
    if changed:
        publish(CHANGED, contact_id=contact.id, facts={"fields": changed})


_TELL_TAGGED = """
    WITH given AS (
        SELECT contact_id, tag_id FROM unnest(CAST(:contacts AS uuid[]), CAST(:tags AS uuid[])) AS one(contact_id, tag_id)
    ), {told}
    SELECT count(*) FROM given
"""


def tell_tagged(given: Sequence[tuple[UUID, UUID]]) -> None:
    """Tell of new tags, as (contact, tag)."""
    if not given:
        return
    hearers = hearers_of(TAGGED)
    if not hearers.wanted:
        return
    bound = {
        "organization_id": current_organization_id(),
        "now": clock.now(),
        "contacts": [contact_id for contact_id, _ in given],
        "tags": [tag_id for _, tag_id in given],
    }
    db().execute(text(_TELL_TAGGED.format(told=tagged_within("given"))), bound | telling_tags(hearers))
    hearers.ring()


def tell_untagged(contact_ids: Sequence[UUID]) -> None:
    """Tell of people who have a tag less."""
    hearers = hearers_of(CHANGED)
    if TAG_LESS in hearers.wanted:
        fields = {"fields": [TAG_LESS]}
        publish_all(CHANGED, [{"contact_id": one, "facts": fields} for one in contact_ids], hearers)


def _value(contact: Contact, name: str) -> str:
    if name == _FULL_NAME:
        return f"{contact.first_name or ''} {contact.last_name or ''}".strip()
    if name == OWNER:
        return str(contact.owner_id or "")
    return str((getattr(contact, name) if name in COLUMNS else (contact.fields or {}).get(name)) or "")
