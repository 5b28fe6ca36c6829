"""What is done to one person as a whole: made one with another, given their file, forgotten."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from flask import Response
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.merging import merge_people
from loumass.campaigns.person_file import person_file
from loumass.campaigns.person_pages import consent_file
from loumass.contacts.api.models import ContactOut
from loumass.contacts.api.person import told
from loumass.contacts.erasing import erase as forget
from loumass.contacts.models import Contact
from loumass.core import storage
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.afterwards import afterwards
from loumass.core.api.models import Done, Id
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural


class MergeBody(ApiModel):
    """Who is the same person; `from_other` names the values that are theirs."""

    other_id: Id
    from_other: Annotated[
        list[Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9_:]+$")]],
        Field(default_factory=list, max_length=200),
    ]


class PersonFile(ApiModel):
    """Everything we hold about a person."""

    person: dict[str, Any]


@endpoint(api, "POST", "/contacts/<uuid:contact_id>/merge", takes=MergeBody, answers=ContactOut)
@requires("contacts.write")
def merge_contacts(contact_id: UUID, body: MergeBody) -> ContactOut:
    """Make two people one."""
    return told([merge_people(contact_id, body.other_id, frozenset(body.from_other))])[0]


@endpoint(api, "GET", "/contacts/<uuid:contact_id>/file", answers=PersonFile)
@requires("contacts.export")
def export_person(contact_id: UUID) -> PersonFile:
    """Everything we hold about the person; that it was taken is noted."""
    contact = get_or_404(Contact, contact_id)
    audit("contact.exported", "contact", contact_id)
    told_of = PersonFile(person=person_file(contact))
    db().commit()
    return told_of


@endpoint(api, "POST", "/contacts/<uuid:contact_id>/erase", answers=Done)
@requires("contacts.erase")
def erase_contact(contact_id: UUID) -> Done:
    """Forget the person for good. Their address cannot come back."""
    if get_or_404(Contact, contact_id).erased_at is not None:
        raise NotFound("This person is erased already.")
    erased = forget(contact_id)
    afterwards(lambda: [storage.delete(key) for key in erased.file_keys])
    return Done(done=f"The person is erased, with {plural(erased.messages, 'message')}.", count=1)


@endpoint(api, "GET", "/contacts/<uuid:contact_id>/consent.csv", gives="text/csv")
@requires("contacts.export")
def export_consent(contact_id: UUID) -> Response:
    """The person's ledger of consent, with whoever became one with them, as a file."""
    return consent_file(get_or_404(Contact, contact_id))
