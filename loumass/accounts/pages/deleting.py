"""Deleting an organization, and undoing that."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import deleting, limits, mail
from loumass.accounts.forms import DeletionForm
from loumass.accounts.guards import requires
from loumass.accounts.jobs import remove_organization
from loumass.accounts.pages import letters
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.passwords import is_right
from loumass.core import words
from loumass.core.database import db


@pages.get("/organization/deletion")
@requires("organization.delete")
def ask_to_delete() -> ResponseReturnValue:
    """What goes, when, and what to type."""
    return _show(DeletionForm(formdata=None), 200)


@pages.post("/organization/deletion")
@requires("organization.delete")
@limits.tries
def delete() -> ResponseReturnValue:
    """Everything goes in 14 days; all admins are told."""
    form = DeletionForm()
    if not form.validate_on_submit():
        return _show(form, 422)
    if (form.name.data or "").strip() != g.organization.name:
        form.name.errors = [f"Enter {g.organization.name}, as it is written here."]
    if not is_right(form.current.data or "", g.user.password_hash):
        form.current.errors = ["This is not your password."]
    if form.errors:
        return _show(form, 422)
    deleting.ask(g.organization, g.user.id)
    remove_organization.later(at=g.organization.deleted_from)
    day = tell_admins()
    db().commit()
    mail.ring(g.organization.id)
    flash(f"{g.organization.name} will be deleted on {day}. Every admin got a mail.", "done")
    return redirect(url_for("account.organization"), 303)


@pages.post("/organization/deletion/undo")
@requires("organization.delete")
def undo_deletion() -> ResponseReturnValue:
    """It stays."""
    if g.organization.deleted_from is None:
        flash(f"{g.organization.name} is not to be deleted.", "info")
        return redirect(url_for("account.organization"), 303)
    deleting.undo(g.organization)
    for admin in deleting.admins():
        letters.deletion_undone(admin, g.organization, g.user.name)
    db().commit()
    mail.ring(g.organization.id)
    flash(f"{g.organization.name} stays. Nothing was deleted.", "done")
    return redirect(url_for("account.organization"), 303)


def tell_admins() -> str:
    """Writes to every admin when everything goes; returns that day in words."""
    day = words.day(g.organization.deleted_from, g.organization.timezone)
    for admin in deleting.admins():
        letters.deletion_asked(admin, g.organization, g.user.name, day)
    return day


def _show(form: DeletionForm, status: int) -> ResponseReturnValue:
    return render_template("accounts/delete.html", form=form, days=deleting.GRACE.days), status
