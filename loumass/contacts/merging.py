"""Two contacts that are one person: the values, tags, consent and history of one move to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text

from loumass.contacts import telling
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.events.service import publish

#: What a person chooses between, with its title; an address brings its compared form and hash along.
CHOSEN = {
    "first_name": "First name", "last_name": "Last name", "email": "E-mail", "phone": "Mobile", "company": "Company",
    "title": "Job title", "city": "City", "state": "State or region", "country": "Country", "timezone": "Time zone",
    "external_id": "Id in your other system",
}  # fmt: skip
_WITH = {"email": ("email_key", "email_hash"), "phone": ("phone_hash",), "timezone": ("timezone_source",)}
_OTHER = {"email": "other_email", "phone": "other_phone"}
_MOST_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One value in which the two differ; `kept` and `other` are what each says."""

    name: str
    title: str
    kept: str
    other: str

    @property
    def takes_other(self) -> bool:
        """Whether the other one's value is the better guess: the kept one says nothing."""
        return not self.kept


def differences(kept: Contact, other: Contact) -> list[Difference]:
    """Returns the values in which the two differ and both or one say something."""
    found = []
    for name, title in CHOSEN.items():
        mine, theirs = getattr(kept, name) or "", getattr(other, name) or ""
        if mine != theirs and theirs:
            found.append(Difference(name, title, mine, theirs))
    return found


def merge(kept_id: UUID, other_id: UUID, from_other: frozenset[str]) -> Contact:
    """Makes the two one and returns the kept one; `from_other` names the values that the other one gives.

    An address that loses its place is kept as a custom field. Raises NotFound, Refused for one person twice, and
    Conflict where one of them was deleted or merged meanwhile. `contact.merged` is told of the other one.
    """
    if kept_id == other_id:
        raise Refused("Choose two different people. Nothing was changed.")
    locked = {one: get_or_404(Contact, one, lock=True) for one in sorted((kept_id, other_id))}
    kept, other = locked[kept_id], locked[other_id]
    if kept.archived_at or other.archived_at:
        raise Conflict("One of the two was deleted meanwhile. Nothing was changed.")
    values, fields = _values(kept, other, from_other), _fields(kept, other, from_other)
    now, before = clock.now(), telling.values_of(kept)
    other.archived_at, other.merged_into_id, other.updated_at = now, kept.id, now
    db().flush()  # The address must be free before the other one takes it.
    for name, value in values.items():
        setattr(kept, name, value)
    kept.fields, kept.updated_at = fields, now
    db().flush()
    bound = {"organization_id": current_organization_id(), "kept": kept.id, "other": other.id}
    for statement in (_TAGS, _CONSENT, _IMPORTS, _MERGED_BEFORE):
        db().execute(statement, bound)
    telling.tell_changed(kept, before)
    publish("contact.merged", contact_id=other.id, facts={"into": str(kept.id)})
    return kept


def likely_twins(contact: Contact) -> list[Contact]:
    """Returns people who may be the same one: the same mobile, or the same full name."""
    same = []
    if contact.phone:
        same.append(Contact.phone == contact.phone)
    if contact.name:
        same.append(Contact.name_key == contact.name_key)
    if not same:
        return []
    statement = select(Contact).where(Contact.archived_at.is_(None), Contact.id != contact.id, or_(*same))
    return list(db().scalars(statement.order_by(Contact.name_key, Contact.id).limit(_MOST_OFFERED)))


def _values(kept: Contact, other: Contact, from_other: frozenset[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in CHOSEN:
        giver = other if (name in from_other and getattr(other, name)) or not getattr(kept, name) else kept
        for column in (name, *_WITH.get(name, ())):
            found[column] = getattr(giver, column)
    found["owner_id"] = kept.owner_id or other.owner_id
    found["last_inbound_at"] = max(filter(None, (kept.last_inbound_at, other.last_inbound_at)), default=None)
    return found


def _fields(kept: Contact, other: Contact, from_other: frozenset[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {**other.fields, **kept.fields}
    for name, key in _OTHER.items():
        mine, theirs = getattr(kept, name), getattr(other, name)
        if mine and theirs and mine != theirs:
            fields[key] = mine if name in from_other else theirs
    return fields


def chosen_from_other(form: Mapping[str, str]) -> frozenset[str]:
    """Returns the names whose choice in the form is `other`."""
    return frozenset(name for name in CHOSEN if form.get(name) == "other")


_TAGS = text("""
    INSERT INTO contact_tag (organization_id, contact_id, tag_id, created_at)
    SELECT :organization_id, :kept, tag_id, created_at FROM contact_tag
    WHERE organization_id = :organization_id AND contact_id = :other
    ON CONFLICT (organization_id, contact_id, tag_id) DO NOTHING
""")
_CONSENT = text("""
    INSERT INTO consent (organization_id, contact_id, medium, is_granted, technique, source, recorded_by_id, recorded_at)
    SELECT :organization_id, :kept, medium, is_granted, technique, source, recorded_by_id, recorded_at FROM consent
    WHERE organization_id = :organization_id AND contact_id = :other
    RETURNING id
""")
_IMPORTS = text("""
    INSERT INTO imported_contact (organization_id, import_id, contact_id, line, is_new)
    SELECT :organization_id, import_id, :kept, line, is_new FROM imported_contact
    WHERE organization_id = :organization_id AND contact_id = :other
    ON CONFLICT (organization_id, import_id, contact_id) DO NOTHING
""")
# Whoever became the other one before now is the kept one: no chains.
_MERGED_BEFORE = text("""
    UPDATE contact SET merged_into_id = :kept
    WHERE organization_id = :organization_id AND merged_into_id = :other
    RETURNING id
""")
