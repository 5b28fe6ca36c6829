"""The second factor: shown when signing in, set up and taken off under Security."""

from __future__ import annotations

from uuid import UUID

import segno
from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import limits, mail, second_factor
from loumass.accounts.forms import CodeForm, OwnPasswordForm
from loumass.accounts.guards import SECOND_FACTOR, requires
from loumass.accounts.members import organizations_of
from loumass.accounts.models import User
from loumass.accounts.pages import letters
from loumass.accounts.pages.blueprints import pages, public
from loumass.accounts.pages.entering import come_in_by_second_factor, half_in, note_everywhere
from loumass.accounts.passwords import is_right
from loumass.accounts.service import audit
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.tenancy import globally

WRONG_CODE = "This is not the code of now, or it was used already. Wait for the next one."
ISSUER = "Loumass"


@public.route("/login/code", methods=["GET", "POST"], endpoint="second_factor")
@limits.tries
def show_second_factor() -> ResponseReturnValue:
    """Asks for a code after the first factor was right."""
    user_id = half_in()
    if user_id is None:
        session.clear()
        flash("Signing in took too long. Begin again.", "info")
        return redirect(url_for("accounts.login"))
    form = CodeForm()
    if form.validate_on_submit():
        user = proven(user_id, form.code.data or "")
        if user is not None:
            return come_in_by_second_factor(user)
        form.code.errors = [WRONG_CODE]
    return render_template(
        "accounts/second_factor_asked.html", form=form
    ), 422 if form.is_submitted() else 200


@pages.get("/profile/second-factor", endpoint="second_factor")
@requires("profile.write")
def second_factor_page() -> ResponseReturnValue:
    """How it stands, and the next thing to do about it."""
    return _show()


@pages.post("/profile/second-factor")
@requires("profile.write")
@limits.tries
def begin_second_factor() -> ResponseReturnValue:
    """A fresh secret, shown until a code of it was typed."""
    form = OwnPasswordForm()
    if not _is_own(form):
        return _show(password_form=form, status=422)
    second_factor.new_secret(g.user)
    db().commit()
    return redirect(url_for(SECOND_FACTOR), 303)


@pages.post("/profile/second-factor/confirmation")
@requires("profile.write")
@limits.tries
def confirm_second_factor() -> ResponseReturnValue:
    """The first code: from now on one is asked for. Shows the recovery codes, once."""
    form = CodeForm()
    codes = None
    if form.validate_on_submit() and g.user.second_factor_since is None:
        codes = second_factor.confirm(g.user, form.code.data or "")
        if codes is None:
            form.code.errors = [WRONG_CODE]
    if codes is None:
        return _show(code_form=form, status=422)
    audit("second_factor.set_up")
    letters.second_factor_changed(g.user, is_on=True)
    db().commit()
    mail.ring(g.organization.id)
    return render_template("accounts/recovery_codes.html", codes=codes, is_new=True)


@pages.post("/profile/second-factor/codes")
@requires("profile.write")
@limits.tries
def renew_recovery_codes() -> ResponseReturnValue:
    """Ten new recovery codes; the old ones are dead."""
    form = OwnPasswordForm()
    if g.user.second_factor_since is None:
        flash("Set up your second factor first. It brings recovery codes.", "info")
        return redirect(url_for(SECOND_FACTOR), 303)
    if not _is_own(form):
        return _show(password_form=form, status=422)
    codes = second_factor.renew_recovery_codes(g.user.id)
    audit("second_factor.codes_renewed")
    db().commit()
    return render_template("accounts/recovery_codes.html", codes=codes, is_new=False)


@pages.post("/profile/second-factor/removal")
@requires("profile.write")
@limits.tries
def take_second_factor_off() -> ResponseReturnValue:
    """The password alone signs in again, unless an organization of theirs asks for more."""
    form = OwnPasswordForm()
    if not _is_own(form):
        return _show(password_form=form, status=422)
    refuse_where_asked_for(g.user.id)
    second_factor.take_off(g.user)
    audit("second_factor.taken_off")
    letters.second_factor_changed(g.user, is_on=False)
    db().commit()
    mail.ring(g.organization.id)
    flash("Your second factor is off. Your password alone signs you in.", "done")
    return redirect(url_for("account.security"))


def refuse_where_asked_for(user_id: UUID) -> None:
    """Raises Conflict where an organization of theirs asks everybody for a second factor."""
    asking = [one.name for one, _ in organizations_of(user_id) if one.needs_second_factor]
    if asking:
        raise Conflict(f"{asking[0]} asks its members for a second factor. It stays on.")


def proven(user_id: UUID, typed: str) -> User | None:
    """The user whose second factor `typed` is; told by mail where it was a recovery code."""
    with globally(user_id) as own:
        user = own.get_one(User, user_id)
        way = second_factor.proves(user, typed) if user.second_factor_since else None
        if way == "recovery":
            letters.recovery_code_used(user, second_factor.codes_left(user_id))
        own.commit()
    if way == "recovery":
        mail.ring_for_anybody()
        note_everywhere(user_id, "second_factor.code_used")
    return user if way is not None else None


def _is_own(form: OwnPasswordForm) -> bool:
    if not form.validate_on_submit():
        return False
    if is_right(form.current.data or "", g.user.password_hash):
        return True
    form.current.errors = ["This is not your password."]
    return False


def _show(
    password_form: OwnPasswordForm | None = None, code_form: CodeForm | None = None, status: int = 200
) -> ResponseReturnValue:
    is_on = g.user.second_factor_since is not None
    secret = None if is_on else second_factor.secret_of(g.user)
    picture = None
    if secret is not None:
        address = second_factor.address_of(secret, g.user, ISSUER)
        picture = segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    page = render_template(
        "accounts/second_factor.html",
        password_form=password_form or OwnPasswordForm(formdata=None),
        code_form=code_form or CodeForm(formdata=None),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)) if secret else None,
        picture=picture,
        is_on=is_on,
        left=second_factor.codes_left(g.user.id) if is_on else 0,
    )
    return page, status
