"""One person: kept, changed, deleted, tagged, and what they allowed us."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import g
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from loumass.accounts.guards import requires
from loumass.accounts.members import member_or_404
from loumass.accounts.service import audit
from loumass.contacts import bulk, editing, ledger, listing
from loumass.contacts.api.blueprint import api
from loumass.contacts.api.models import (
    ConsentBody,
    ConsentOut,
    ContactBody,
    ContactOut,
    DeletedOut,
    FieldOut,
    RestoreBody,
    TagManyBody,
    TagOut,
    TagsBody,
)
from loumass.contacts.models import Contact, Tag
from loumass.contacts.proof import Proof
from loumass.contacts.suppression import record_consent, suppress, suppressed_media
from loumass.core.api import endpoint
from loumass.core.api.models import Done, Ids, ListOut, listed
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound
from loumass.core.tenancy import get_or_404

_VALUES = (
    "external_id", "email", "phone", "first_name", "last_name", "company", "title", "city", "state", "country", "timezone",
)  # fmt: skip


@endpoint(api, "POST", "/contacts", takes=ContactBody, answers=ContactOut, status=201, also=["/leads"])
@requires("contacts.write")
def create_contact(body: ContactBody) -> ContactOut:
    """Keep a new person. An e-mail or a mobile number is needed."""
    try:
        contact = editing.create(_values(body, None), body.fields, g.organization.country)
    except IntegrityError as problem:
        raise _taken() from problem
    _tag(contact, body)
    return told([contact])[0]


@endpoint(api, "GET", "/contacts/<uuid:contact_id>", answers=ContactOut, also=["/leads/<uuid:contact_id>"])
@requires("contacts.read")
def read_contact(contact_id: UUID) -> ContactOut:
    """One person."""
    return told([live(contact_id)])[0]


@endpoint(
    api,
    "PUT",
    "/contacts/<uuid:contact_id>",
    takes=ContactBody,
    answers=ContactOut,
    also=["/leads/<uuid:contact_id>"],
)
@requires("contacts.write")
def change_contact(contact_id: UUID, body: ContactBody) -> ContactOut:
    """Change what is named; everything else stays."""
    contact = live(contact_id, lock=True)
    try:
        with db().no_autoflush:
            editing.change(contact, _values(body, contact), body.fields, g.organization.country)
        db().flush()
    except IntegrityError as problem:
        raise _taken() from problem
    _tag(contact, body)
    return told([contact])[0]


@endpoint(api, "DELETE", "/contacts/<uuid:contact_id>", answers=DeletedOut, also=["/leads/<uuid:contact_id>"])
@requires("contacts.delete")
def delete_contact(contact_id: UUID) -> DeletedOut:
    """Delete a person: nobody writes to them. Their history stays, and it can be taken back."""
    return _deleted([live(contact_id).id])


@endpoint(api, "POST", "/contacts/delete", takes=Ids, answers=DeletedOut)
@requires("contacts.delete")
def delete_contacts(body: Ids) -> DeletedOut:
    """Delete many."""
    return _deleted(body.ids)


@endpoint(api, "POST", "/contacts/restore", takes=RestoreBody, answers=Done)
@requires("contacts.delete")
def restore_contacts(body: RestoreBody) -> Done:
    """Take a deletion back. They left their campaigns for good."""
    back = bulk.restore(body.deleted_at)
    audit("contacts.restored", people=back)
    return Done(done=f"{back:,} are back.", count=back)


@endpoint(api, "GET", "/tags", answers=ListOut[TagOut])
@requires("contacts.read")
def list_tags() -> ListOut[TagOut]:
    """The organization's tags, by name."""
    return listed(listing.tag_options(), lambda pair: TagOut(id=pair[0], name=pair[1]))


@endpoint(api, "GET", "/contact-fields", answers=ListOut[FieldOut])
@requires("contacts.read")
def list_fields() -> ListOut[FieldOut]:
    """The organization's own columns."""
    return listed(editing.custom_fields(), lambda pair: FieldOut(key=pair[0], label=pair[1]))


@endpoint(api, "POST", "/contacts/tag", takes=TagManyBody, answers=Done)
@requires("contacts.write")
def tag_contacts(body: TagManyBody) -> Done:
    """Give many people tags."""
    count, names = bulk.tag(known(body.ids), ",".join(body.tags))
    return Done(done=f"{count:,} are tagged {', '.join(names)} now.", count=count)


@endpoint(api, "POST", "/contacts/<uuid:contact_id>/tags", takes=TagsBody, answers=ContactOut)
@requires("contacts.write")
def tag_contact(contact_id: UUID, body: TagsBody) -> ContactOut:
    """Give one person tags."""
    contact = live(contact_id)
    bulk.tag([contact.id], ",".join(body.tags))
    return told([contact])[0]


@endpoint(api, "DELETE", "/contacts/<uuid:contact_id>/tags/<uuid:tag_id>", answers=ContactOut)
@requires("contacts.write")
def untag_contact(contact_id: UUID, tag_id: UUID) -> ContactOut:
    """Take a tag off."""
    contact = live(contact_id)
    bulk.untag([contact.id], get_or_404(Tag, tag_id).id)
    return told([contact])[0]


@endpoint(api, "GET", "/contacts/<uuid:contact_id>/consents", answers=ListOut[ConsentOut])
@requires("contacts.read")
def list_consents(contact_id: UUID) -> ListOut[ConsentOut]:
    """What the person allowed and forbade, the latest first, at most 500 lines."""
    return listed(ledger.ledger_of([get_or_404(Contact, contact_id).id], most=500), ConsentOut.of)


@endpoint(api, "POST", "/contacts/<uuid:contact_id>/consents", takes=ConsentBody, answers=ContactOut)
@requires("contacts.write")
def note_consent(contact_id: UUID, body: ConsentBody) -> ContactOut:
    """Note that the person allowed or forbade a medium, and what proves it."""
    contact = live(contact_id)
    technique = "synthetic_voice" if body.is_synthetic_voice else ""
    medium = "voicemail" if technique else body.medium
    address = contact.email_key if medium == "email" else contact.phone
    source, proof = body.source.strip(), Proof(body.source.strip(), body.wording, {"page": "api"})
    is_limited = body.is_granted or technique or not address
    if is_limited or not suppress(medium, [address or ""], "by_hand", note=source, proof=proof):
        record_consent(
            contact, medium, is_granted=body.is_granted, source=source, technique=technique, proof=proof
        )
    return told([contact])[0]


@endpoint(api, "POST", "/contacts/<uuid:contact_id>/stop", answers=ContactOut)
@requires("contacts.write")
def stop_writing(contact_id: UUID) -> ContactOut:
    """Write to the person no more, on any medium."""
    contact, note = live(contact_id), f"Stopped by {g.user.name}"
    for medium, address in (
        ("email", contact.email_key),
        ("sms", contact.phone),
        ("voicemail", contact.phone),
    ):
        if address:
            suppress(medium, [address], "by_hand", note=note)
    return told([contact])[0]


def told(contacts: list[Contact]) -> list[ContactOut]:
    """People as the API says them, in a fixed number of statements."""
    tags, barred = listing.tags_of([one.id for one in contacts]), suppressed_media(contacts)
    return [ContactOut.of(one, tags.get(one.id, []), barred.get(one.id, {})) for one in contacts]


def live(contact_id: UUID, *, lock: bool = False) -> Contact:
    """The person. Raises NotFound for whoever was deleted, merged or erased."""
    contact = get_or_404(Contact, contact_id, lock=lock)
    if contact.archived_at is not None:
        raise NotFound("This person was deleted, or became one with another.")
    return contact


def _values(body: ContactBody, before: Contact | None) -> dict[str, str]:
    """What was said, by column; what was not is as before."""
    values = {name: getattr(body, name) for name in _VALUES}
    if before is not None:
        kept = {name: getattr(before, name) for name in _VALUES}
        kept["timezone"] = before.timezone if before.timezone_source != "phone" else None
        values = {name: kept[name] if value is None else value for name, value in values.items()}
    owner = body.owner_id or (before.owner_id if before and "owner_id" not in body.model_fields_set else None)
    if owner:
        member_or_404(owner)
    return {name: value or "" for name, value in values.items()} | {"owner": str(owner or "")}


def _tag(contact: Contact, body: ContactBody) -> None:
    if body.tags:
        bulk.tag([contact.id], ",".join(body.tags))


def known(ids: list[UUID]) -> list[UUID]:
    """Those that are here. Raises NotFound where none is."""
    here = list(db().scalars(select(Contact.id).where(Contact.id.in_(ids), Contact.archived_at.is_(None))))
    if not here:
        raise NotFound("None of these people is here. Nothing was changed.")
    return here


def _deleted(ids: list[UUID]) -> DeletedOut:
    gone = bulk.archive(known(ids))
    audit("contacts.deleted", people=len(gone))
    at: datetime | None = db().scalar(select(Contact.archived_at).where(Contact.id.in_(gone)).limit(1))
    return DeletedOut(count=len(gone), deleted_at=at)


def _taken() -> Conflict:
    return Conflict("Somebody entered this address or id just now. Nothing was changed; send it again.")
