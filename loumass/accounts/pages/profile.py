"""What a person says of themselves, and how they sign in."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import addresses, limits, mail, sessions
from loumass.accounts.forms import AddressForm, PasswordForm, ProfileForm
from loumass.accounts.guards import requires
from loumass.accounts.pages import letters
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.pages.entering import stand_in
from loumass.accounts.passwords import hashed, is_right
from loumass.accounts.resetting import set_password
from loumass.accounts.service import audit
from loumass.accounts.sign_up import find_user
from loumass.core.database import db

WRONG = "This is not your password."


@pages.route("/profile", methods=["GET", "POST"])
@requires("profile.write")
def profile() -> ResponseReturnValue:
    """Name, phone, time zone, signature."""
    form = ProfileForm(obj=g.user, prefix="profile")
    if not form.validate_on_submit():
        return _show(profile_form=form, status=422 if form.is_submitted() else 200)
    g.user.name = form.name.data
    g.user.phone = form.phone.data or None
    g.user.timezone = form.timezone.data or None
    g.user.signature = form.signature.data or ""
    db().commit()
    flash("Your profile is saved.", "done")
    return redirect(url_for("account.profile"))


@pages.post("/profile/password")
@requires("profile.write")
@limits.tries
def change_password() -> ResponseReturnValue:
    """A new password; every other session ends, this one goes on."""
    form = PasswordForm(prefix="password")
    form.known_facts = lambda: (g.user.email, g.user.name)
    if not form.validate_on_submit() or not _is_own(form):
        return _show(password_form=form, status=422)
    set_password(g.user, hashed(form.password.data or ""))
    sessions.end_all(g.user.id, but=g.session.id)
    audit("password.changed")
    letters.password_changed(g.user)
    db().commit()
    mail.ring(g.organization.id)
    stand_in(g.user, g.organization.id, g.session.id, stays=session.permanent)
    flash("Your password is changed. Other sessions have ended.", "done")
    return redirect(url_for("account.profile"))


@pages.post("/profile/address")
@requires("profile.write")
@limits.tries
def change_address() -> ResponseReturnValue:
    """Another address to sign in with; the old one is told."""
    form = AddressForm(prefix="address")
    if not form.validate_on_submit() or not _is_own(form):
        return _show(address_form=form, status=422)
    other = find_user(form.email.data or "")
    if other is not None and other.id != g.user.id:
        form.email.errors = ["Another account has this address."]
        return _show(address_form=form, status=422)
    before, g.user.email = g.user.email, form.email.data
    g.user.email_key = addresses.key(form.email.data or "")
    # Nothing has reached the new one yet.
    g.user.address_proven_at = None
    audit("address.changed")
    letters.address_changed(before, g.user)
    db().commit()
    mail.ring(g.organization.id)
    flash(f"You sign in with {g.user.email} from now on.", "done")
    return redirect(url_for("account.profile"))


def _is_own(form: PasswordForm | AddressForm) -> bool:
    if is_right(form.current.data or "", g.user.password_hash):
        return True
    form.current.errors = [WRONG]
    return False


def _show(
    profile_form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
    address_form: AddressForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """All three forms; those that were not sent are fresh."""
    fresh = {"formdata": None}
    page = render_template(
        "accounts/profile.html",
        profile_form=profile_form or ProfileForm(obj=g.user, prefix="profile", **fresh),
        password_form=password_form or PasswordForm(prefix="password", **fresh),
        address_form=address_form or AddressForm(prefix="address", **fresh),
    )
    return page, status
