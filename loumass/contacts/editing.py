"""One person by hand: created and changed, with the same care as a row of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from loumass.accounts.models import Membership, User
from loumass.contacts import telling
from loumass.contacts.models import Contact, ContactField, Suppression
from loumass.contacts.normalising import NotNormal, clean_text, is_nothing, normal_phone, read_email
from loumass.contacts.places import country_code, timezone_of_phone
from loumass.contacts.room import refuse_beyond_plan
from loumass.contacts.validation import MAX_FIELD
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import current_organization_id, get, seeing_everything, shows_only_own
from loumass.events.service import publish

_PLAIN = ("first_name", "last_name", "company", "title", "city", "state")


class FieldRefused(Refused):
    """One field cannot be kept as it is; `field` names it, `other` is a person who has this address already."""

    def __init__(self, field: str, sentence: str, other: UUID | None = None) -> None:
        super().__init__(sentence)
        self.field, self.other = field, other


@dataclass(frozen=True, slots=True)
class Addresses:
    """E-mail as given and as compared, phone in E.164; None where there is none."""

    email: str | None
    email_key: str | None
    phone: str | None


def create(values: Mapping[str, str], fields: Mapping[str, str], country: str) -> Contact:
    """Returns the new person, added and told of. `country` is the organization's. Raises FieldRefused, OverPlan."""
    refuse_beyond_plan()
    contact = Contact(fields={})
    before = telling.values_of(contact)
    _fill(contact, values, fields, country)
    if contact.owner_id is None and shows_only_own():
        # Nobody's would be out of sight for whoever just wrote it down.
        contact.owner_id = db().info["user_id"]
    db().add(contact)
    db().flush()
    publish("contact.created", contact_id=contact.id, user_id=db().info.get("user_id"))
    telling.tell_changed(contact, before)
    return contact


def change(contact: Contact, values: Mapping[str, str], fields: Mapping[str, str], country: str) -> None:
    """Gives the person these values; an empty one deletes. Raises FieldRefused."""
    before = telling.values_of(contact)
    _fill(contact, values, fields, country)
    contact.updated_at = clock.now()
    telling.tell_changed(contact, before)


def custom_fields() -> list[tuple[str, str]]:
    """Returns (key, label) of the organization's custom fields, by label."""
    rows = db().execute(
        select(ContactField.key, ContactField.label).order_by(ContactField.label, ContactField.key)
    )
    return [(row.key, row.label) for row in rows]


def members() -> list[tuple[str, str]]:
    """Returns (id, name) of whoever may own contacts."""
    rows = db().execute(
        select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == current_organization_id())
        .order_by(User.name)
    )
    return [(str(row.id), row.name) for row in rows]


def _fill(contact: Contact, values: Mapping[str, str], fields: Mapping[str, str], country: str) -> None:
    own_country = country_code(values["country"]) or values["country"]
    found = _addresses(values, own_country if len(own_country) == 2 else country)
    _refuse_taken(contact, found, values["external_id"])
    _refuse_erased(found)
    for name in _PLAIN:
        setattr(contact, name, values[name])
    contact.country = own_country
    contact.email, contact.email_key = found.email, found.email_key
    contact.email_hash = keyed_hash(found.email_key) if found.email_key else None
    contact.phone = found.phone
    contact.phone_hash = keyed_hash(found.phone) if found.phone else None
    contact.external_id = values["external_id"] or None
    guessed = timezone_of_phone(found.phone) if found.phone else None
    contact.timezone = values["timezone"] or guessed
    contact.timezone_source = "given" if values["timezone"] else "phone" if guessed else None
    contact.owner_id = _owner(values["owner"])
    contact.fields = _merged(contact.fields, fields)


def _addresses(values: Mapping[str, str], country: str) -> Addresses:
    email = email_key = phone = None
    try:
        if values["email"] and not is_nothing(values["email"]):
            email, email_key = read_email(values["email"])
    except NotNormal as problem:
        raise FieldRefused("email", f"{problem.sentence}.") from problem
    try:
        if values["phone"] and not is_nothing(values["phone"]):
            phone = normal_phone(values["phone"], country)
    except NotNormal as problem:
        raise FieldRefused("phone", f"{problem.sentence}.") from problem
    if not email and not phone:
        raise FieldRefused(
            "email", "Give an e-mail address or a mobile number; without one there is no way to write."
        )
    return Addresses(email, email_key, phone)


def _refuse_taken(contact: Contact, found: Addresses, external_id: str) -> None:
    same = []
    if found.email_key:
        same.append(Contact.email_key == found.email_key)
    if external_id:
        same.append(Contact.external_id == external_id)
    if not same:
        return
    found_same = select(Contact.id).where(Contact.archived_at.is_(None), or_(*same), Contact.id != contact.id)
    with db().no_autoflush, seeing_everything():
        other_id = db().scalars(found_same).first()
    if other_id is None:
        return
    other = get(Contact, other_id)
    if other is None:
        field = "email" if found.email_key else "external_id"
        raise FieldRefused(
            field, "A colleague of yours has a contact like this already. Ask an admin who it is."
        )
    if other.email_key == found.email_key and found.email_key:
        raise FieldRefused("email", f"{other.label} has this address already.", other.id)
    raise FieldRefused("external_id", f"{other.label} has this id already.", other.id)


def _refuse_erased(found: Addresses) -> None:
    hashes = [keyed_hash(one) for one in (found.email_key, found.phone) if one]
    erased = select(Suppression.address_hash).where(
        Suppression.medium.in_(("email", "sms")),
        Suppression.address_hash.in_(hashes),
        Suppression.reason == "erased",
    )
    hit = db().scalars(erased).first()
    if hit is not None:
        field = "email" if found.email_key and hit == keyed_hash(found.email_key) else "phone"
        raise FieldRefused(field, "This person asked to be erased, so the address cannot come back.")


def _owner(chosen: str) -> UUID | None:
    if not chosen:
        return None
    if chosen not in {user_id for user_id, _ in members()}:
        raise FieldRefused("owner", "Choose somebody of your organization.")
    return UUID(chosen)


def _merged(before: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """Only the fields that were asked for change; an empty one is taken away."""
    after = dict(before or {})
    for key, value in fields.items():
        text = "\n".join(map(clean_text, value.splitlines())).strip()
        if len(text) > MAX_FIELD:
            raise FieldRefused(key, f"At most {MAX_FIELD:,} characters.")
        if text:
            after[key] = text
        else:
            after.pop(key, None)
    return after
