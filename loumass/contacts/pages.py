"""One person: entered, changed, deleted, and what they allowed us."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.contacts import bulk, editing
from loumass.contacts.editing import FieldRefused
from loumass.contacts.forms import MEDIUM_NAMES, ContactForm
from loumass.contacts.models import MEDIA, Contact
from loumass.contacts.normalising import clean_text, shown_phone
from loumass.contacts.proof import Proof
from loumass.contacts.suppression import record_consent, suppress
from loumass.core.database import db
from loumass.core.errors import NotFound, OverPlan, Refused
from loumass.core.tenancy import get_or_404, shows_only_own

pages = Blueprint("contacts", __name__)
#: What a consent may be limited to, as a person may note it.
TECHNIQUES = ("", "synthetic_voice")
pages.add_app_template_filter(shown_phone, "phone_number")


@pages.get("/contacts/new")
@requires("contacts.write")
def new() -> ResponseReturnValue:
    """An empty form, but for an address that the inbox names."""
    known = {name: request.args[name] for name in ("email", "phone") if request.args.get(name)}
    return _form(ContactForm(data=known).offer(editing.members(), ""), None)


@pages.post("/contacts/new")
@requires("contacts.write")
def create() -> ResponseReturnValue:
    """Keeps a new person."""
    form = _contact_form()
    if not form.validate():
        return _form(form, None), 422
    try:
        contact = editing.create(form.values(), _custom(), g.organization.country)
        if request.form.get("tags", "").strip():
            bulk.tag([contact.id], request.form["tags"])
        db().commit()
    except FieldRefused as refusal:
        return _form(form, None, refusal), 422
    except OverPlan as refusal:
        return _form(form, None, FieldRefused("email", refusal.sentence)), refusal.status
    except IntegrityError:
        return _form(form, None, _just_taken()), 422
    flash(f"{contact.label} is one of your contacts now.", "done")
    return _to(contact)


@pages.get("/contacts/<uuid:contact_id>/edit")
@requires("contacts.write")
def edit(contact_id: UUID) -> ResponseReturnValue:
    """The person's values in a form."""
    contact = live_contact(contact_id)
    # What was read off the number is read off it again, should that change.
    given = contact.timezone if contact.timezone_source != "phone" else None
    kept = {"timezone": given or "", "owner": str(contact.owner_id or "")}
    form = ContactForm(obj=contact, data=kept).offer(editing.members(), kept["timezone"])
    form.timezone.data = kept["timezone"]
    return _form(form, contact)


@pages.post("/contacts/<uuid:contact_id>/edit")
@requires("contacts.write")
def change(contact_id: UUID) -> ResponseReturnValue:
    """Keeps changed values."""
    contact = live_contact(contact_id, lock=True)
    form = _contact_form(contact.timezone or "")
    if not form.validate():
        return _form(form, contact), 422
    try:
        with db().no_autoflush:
            editing.change(contact, form.values(), _custom(), g.organization.country)
        db().commit()
    except FieldRefused as refusal:
        db().rollback()
        return _form(form, live_contact(contact_id), refusal), 422
    except IntegrityError:
        db().rollback()
        return _form(form, live_contact(contact_id), _just_taken()), 422
    flash("Saved.", "done")
    return _to(contact)


def _to(contact: Contact) -> ResponseReturnValue:
    """To the person's page; whoever gave them away and sees only their own, to the list."""
    if shows_only_own() and contact.owner_id != g.user.id:
        return redirect(url_for("people.index"), 303)
    return redirect(url_for("inbox.person", id=contact.id), 303)


@pages.post("/contacts/<uuid:contact_id>/deletion")
@requires("contacts.delete")
def delete(contact_id: UUID) -> ResponseReturnValue:
    """Deletes one person; can be undone."""
    contact = live_contact(contact_id)
    bulk.archive([contact_id])
    audit("contacts.deleted", "contact", contact_id, people=1)
    db().commit()
    db().refresh(contact)
    undo = url_for("people.restore", at=contact.archived_at.isoformat()) if contact.archived_at else ""
    flash({"text": f"{contact.label} was deleted.", "undo": undo}, "done")  # pyright: ignore[reportArgumentType]  a mapping is what the toast shows
    return redirect(url_for("people.index"), 303)


@pages.post("/contacts/<uuid:contact_id>/consent")
@requires("contacts.write")
def consent(contact_id: UUID) -> ResponseReturnValue:
    """Writes down that the person allowed or forbade a medium, and where that is proved."""
    contact = live_contact(contact_id)
    medium, source = request.form.get("medium", ""), clean_text(request.form.get("source", ""))[:500]
    technique = "synthetic_voice" if medium == "synthetic_voice" else ""
    medium = "voicemail" if technique else medium
    if medium not in MEDIA or not source:
        raise Refused("Say on which medium, and where or when they said so. Nothing was changed.")
    is_granted = request.form.get("is_granted") == "1"
    address = contact.email_key if medium == "email" else contact.phone
    wording = clean_text(request.form.get("wording", ""))[:1000]
    proof = Proof(source, wording, {"page": "person"})
    is_limited = is_granted or technique or not address
    if is_limited or not suppress(medium, [address or ""], "by_hand", note=source, proof=proof):
        record_consent(
            contact, medium, is_granted=is_granted, source=source, technique=technique, proof=proof
        )
    db().commit()
    word = "may" if is_granted else "may not"
    what = "A synthetic voice" if technique else MEDIUM_NAMES[medium]
    flash(f"Noted: {what} {word} be sent to {contact.label}.", "done")
    return redirect(url_for("inbox.person", id=contact_id), 303)


def live_contact(contact_id: UUID, *, lock: bool = False) -> Contact:
    """Returns the person. Raises NotFound for whoever was deleted, merged or erased."""
    contact = get_or_404(Contact, contact_id, lock=lock)
    if contact.archived_at is not None:
        raise NotFound("This person was deleted, or became one with another.")
    return contact


def _contact_form(timezone: str = "") -> ContactForm:
    return ContactForm().offer(editing.members(), timezone)


def _custom() -> dict[str, str]:
    known = dict(editing.custom_fields())
    return {key: request.form[f"field:{key}"] for key in known if f"field:{key}" in request.form}


def _just_taken() -> FieldRefused:
    return FieldRefused(
        "email", "Somebody entered this address or id just now. Search for it, or send again."
    )


def _form(form: ContactForm, contact: Contact | None, refusal: FieldRefused | None = None) -> str:
    if refusal is not None and refusal.field in form:
        form[refusal.field].errors = [*form[refusal.field].errors, refusal.sentence]
    return render_template(
        "contacts/form.html",
        form=form,
        contact=contact,
        custom=editing.custom_fields(),
        refusal=refusal,
        tags=request.form.get("tags", ""),
    )
