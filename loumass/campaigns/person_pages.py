"""What is done to one person as a whole: made one with another, given their file, forgotten."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns.merging import merge_people
from loumass.campaigns.person_file import person_file
from loumass.contacts import ledger, listing, merging
from loumass.contacts.downloads import csv_download
from loumass.contacts.erasing import erase as forget
from loumass.contacts.models import Contact
from loumass.core import storage
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural

pages = Blueprint("person", __name__)


@pages.get("/contacts/<uuid:contact_id>/merge")
@requires("contacts.write")
def merge(contact_id: UUID) -> ResponseReturnValue:
    """Find the twin; then compare the two."""
    contact = _live(contact_id)
    other_id = listing.id_of(request.args.get("other", ""))
    if other_id and other_id != contact_id:
        other = _live(other_id)
        differences = merging.differences(contact, other)
        return render_template("contacts/merge.html", contact=contact, other=other, differences=differences)
    words = request.args.get("q", "")
    conditions = [
        *listing.contact_conditions(listing.ContactFilter.of(request.args)),
        Contact.id != contact_id,
    ]
    found = listing.contact_page(conditions, "name", None).items if words else merging.likely_twins(contact)
    return render_template("contacts/twins.html", contact=contact, found=found, words=words)


@pages.post("/contacts/<uuid:contact_id>/merge")
@requires("contacts.write")
def become_one(contact_id: UUID) -> ResponseReturnValue:
    """Makes the two one."""
    other_id = listing.id_of(request.form.get("other", ""))
    if other_id is None:
        raise NotFound
    kept = merge_people(contact_id, other_id, merging.chosen_from_other(request.form))
    db().commit()
    flash(f"{kept.label} is one person now, with all their messages.", "done")
    return redirect(url_for("inbox.person", id=contact_id), 303)


@pages.get("/contacts/<uuid:contact_id>/file.json")
@requires("contacts.export")
def export(contact_id: UUID) -> ResponseReturnValue:
    """Everything we hold about the person."""
    contact = get_or_404(Contact, contact_id)
    audit("contact.exported", "contact", contact_id)
    db().commit()
    body = json.dumps(person_file(contact), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": f"attachment; filename=person-{contact_id}.json"}
    return Response(body, mimetype="application/json", headers=headers)


@pages.get("/contacts/<uuid:contact_id>/consent.csv")
@requires("contacts.export")
def export_consent(contact_id: UUID) -> ResponseReturnValue:
    """The person's ledger of consent, with whoever became one with them, as CSV."""
    return consent_file(get_or_404(Contact, contact_id))


def consent_file(contact: Contact) -> Response:
    """The file; taking it away is noted."""
    merged = db().scalars(select(Contact.id).where(Contact.merged_into_id == contact.id)).all()
    lines = list(ledger.exported(ledger.ledger_of([contact.id, *merged])))
    audit("contact.consent_exported", "contact", contact.id)
    db().commit()
    return csv_download(f"consent-{contact.id}.csv", list(ledger.COLUMNS), lambda: iter(lines))


@pages.get("/contacts/<uuid:contact_id>/erasure")
@requires("contacts.erase")
def ask_to_erase(contact_id: UUID) -> ResponseReturnValue:
    """Asks first: nothing brings the person back."""
    return render_template("contacts/erase.html", contact=_not_erased(contact_id))


@pages.post("/contacts/<uuid:contact_id>/erasure")
@requires("contacts.erase")
def erase(contact_id: UUID) -> ResponseReturnValue:
    """Forgets the person for good."""
    _not_erased(contact_id)
    erased = forget(contact_id)
    db().commit()
    for key in erased.file_keys:
        storage.delete(key)
    flash(
        f"The person is erased, with {plural(erased.messages, 'message')}. Their address cannot come back.",
        "done",
    )
    return redirect(url_for("people.index"), 303)


def _live(contact_id: UUID) -> Contact:
    contact = get_or_404(Contact, contact_id)
    if contact.archived_at is not None:
        raise NotFound("This person was deleted, or became one with another.")
    return contact


def _not_erased(contact_id: UUID) -> Contact:
    contact = get_or_404(Contact, contact_id)
    if contact.erased_at is not None:
        raise NotFound("This person is erased already.")
    return contact
