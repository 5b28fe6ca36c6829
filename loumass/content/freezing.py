"""Merge values, frozen when a message is planned, so that its exact bytes can be made again.

The SQL (for sets) and the Python (for one person) say the same; a test holds them together.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from loumass.accounts.models import Organization, User
from loumass.contacts.models import Contact
from loumass.content.vocabulary import NAMES

_FIELDS = "contact.fields."
_COLUMNS = {
    "contact.first_name": "contact.first_name",
    "contact.last_name": "contact.last_name",
    "contact.full_name": "btrim(contact.first_name || ' ' || contact.last_name)",
    "contact.email": "contact.email",
    "contact.phone": "contact.phone",
    "contact.company": "contact.company",
    "contact.title": "contact.title",
    "contact.city": "contact.city",
    "contact.state": "contact.state",
    "contact.country": "contact.country",
}


@dataclass(frozen=True, slots=True)
class Frozen:
    """A jsonb expression over the alias `contact`, and what it binds."""

    sql: str
    parameters: Mapping[str, Any]


def frozen_contact(names: Collection[str]) -> Frozen:
    """The values of the contact tags among `names` (canonical), for `INSERT ... SELECT ... FROM contact`."""
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in _COLUMNS.items() if name in names)
    keys = sorted(name.removeprefix(_FIELDS) for name in names if name.startswith(_FIELDS))
    return Frozen(
        f"(jsonb_build_object({pairs}) || coalesce((SELECT jsonb_object_agg('{_FIELDS}' || merge_key, "
        "contact.fields ->> merge_key) FROM unnest(CAST(:merge_keys AS text[])) AS merge_key), '{}'))",
        {"merge_keys": keys},
    )


def contact_values(contact: Contact, names: Collection[str]) -> dict[str, str | None]:
    """The same for one contact."""
    own = {
        name: contact.name if name == "contact.full_name" else getattr(contact, name.removeprefix("contact."))
        for name in _COLUMNS
        if name in names
    }
    custom = {
        name: contact.fields.get(name.removeprefix(_FIELDS)) for name in names if name.startswith(_FIELDS)
    }
    return own | {name: _as_text(value) for name, value in custom.items()}


def organization_values(organization: Organization) -> dict[str, str | None]:
    """The values of the organization's tags."""
    return {
        "organization.name": organization.name,
        "organization.postal_address": organization.postal_address,
    }


def sender_values(
    name: str, email: str | None, phone: str | None, writer: User | None
) -> dict[str, str | None]:
    """The values of the sender's tags: what the channel says first, then what the person who writes says.

    Who has written no signature signs by name.
    """
    shown = name or (writer.name if writer else "")
    return {
        "sender.name": shown,
        "sender.first_name": shown.split()[0] if shown.strip() else "",
        "sender.email": email or (writer.email if writer else None),
        "sender.phone": phone or (writer.phone if writer else None),
        "sender.signature": (writer.signature if writer else "") or shown,
    }


def needed(values: Mapping[str, str | None], names: Collection[str]) -> dict[str, str | None]:
    """Those of `values` that `names` asks for."""
    return {name: value for name, value in values.items() if name in names}


def _as_text(value: Any) -> str | None:
    """A custom field as PostgreSQL's ->> spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value if value is None or isinstance(value, str) else str(value)


assert set(_COLUMNS) == {name for name in NAMES if name.startswith("contact.")}  # noqa: S101  a tag without a value is a bug at import
