"""The fields that a question can name: columns that every contact has, and the organization's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from loumass.contacts.models import Contact, ContactField
from loumass.contacts.normalising import NotNormal, normal_email
from loumass.contacts.rules.predicate import Reference
from loumass.contacts.rules.predicates.values import folded
from loumass.core.database import db

LABELS = {
    "first_name": "first name", "last_name": "last name", "full_name": "full name", "email": "e-mail", "phone": "mobile",
    "company": "company", "title": "job title", "city": "city", "state": "state or region", "country": "country",
    "timezone": "time zone", "source": "source", "external_id": "id in your other system",
}  # fmt: skip
#: Columns that hold the folded text already; what begins with something is a range of them (leakproof under policies).
KEYS: Mapping[str, Any] = {
    "email": Contact.email_key, "last_name": Contact.last_name_key, "company": Contact.company_key,
}  # fmt: skip


def column_of(field: str) -> ColumnElement[Any]:
    """What the field says, NULL where there is nothing."""
    if field == "full_name":
        return func.btrim(Contact.first_name + " " + Contact.last_name)
    if field in LABELS:
        return getattr(Contact, field)
    return Contact.fields[field].astext


def key_of(field: str, value: str) -> str:
    """The value of a field as it is compared; an e-mail address as `contact.email_key` has it."""
    if field == "email" and value:
        try:
            return normal_email(value)
        except NotNormal:
            return folded(value)
    return folded(value)


def _find(keys: Collection[str]) -> dict[str, tuple[str, str]]:
    found = {key: (key, LABELS[key]) for key in keys if key in LABELS}
    own = [key for key in keys if key not in LABELS]
    if own:
        rows = db().execute(select(ContactField.key, ContactField.label).where(ContactField.key.in_(own)))
        found |= {row.key: (row.key, row.label) for row in rows}
    return found


def _offer() -> Sequence[tuple[str, str]]:
    own = db().execute(
        select(ContactField.key, ContactField.label).order_by(ContactField.label, ContactField.key)
    )
    known = [(key, label[:1].upper() + label[1:]) for key, label in LABELS.items()]
    return known + [(row.key, row.label) for row in own]


#: A template may ask for a field that comes with its first import: nobody has it until then.
FIELDS = Reference("field", _find, _offer)
