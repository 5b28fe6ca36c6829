"""A forgotten password."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import limits, mail, sessions
from loumass.accounts.forms import ForgottenForm, NewPasswordForm
from loumass.accounts.models import User
from loumass.accounts.pages import letters
from loumass.accounts.pages.blueprints import public
from loumass.accounts.pages.entering import note_everywhere
from loumass.accounts.passwords import hashed
from loumass.accounts.resetting import reset_token, set_password, user_of
from loumass.accounts.sign_up import find_user
from loumass.core import clock, links
from loumass.core.ids import uuid7
from loumass.core.tenancy import globally


@public.route("/forgotten", methods=["GET", "POST"])
@limits.requests_of_mail
def forgotten() -> ResponseReturnValue:
    """Sends a link; the answer is the same whether or not the address has an account."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgotten.html", form=form), 422 if form.is_submitted() else 200
    with globally() as session:
        found = find_user(form.email.data or "")
        # For a stranger the same work is done, so that the time it takes tells nothing either.
        user = found or User(id=uuid7(), name="Nobody", email=form.email.data, epoch=0)
        link = links.absolute(url_for("accounts.reset", token=reset_token(user)))
        letters.reset(user, link, is_decoy=found is None)
        session.commit()
    mail.ring_for_anybody()
    return render_template("accounts/forgotten_sent.html", email=form.email.data)


@public.route("/reset/<token>", methods=["GET", "POST"])
@limits.tries
def reset(token: str) -> ResponseReturnValue:
    """Sets a new password from a link."""
    with globally():
        user = user_of(token)
    if user is None:
        return render_template("accounts/link_gone.html"), 404
    form = NewPasswordForm()
    form.known_facts = lambda: (user.email, user.name)
    if not form.validate_on_submit():
        return render_template(
            "accounts/reset.html", form=form, email=user.email
        ), 422 if form.is_submitted() else 200
    changed = _set(token, form.password.data or "")
    if changed is None:
        return render_template("accounts/link_gone.html"), 404
    mail.ring_for_anybody()
    with globally(changed.id) as own:
        # Where somebody belongs is shown to themselves alone; whoever shows a link is nobody yet.
        sessions.end_streams(changed.id)
        own.commit()
    note_everywhere(changed.id, "password.reset")
    flash("Your password is changed. Sign in with the new one; other sessions have ended.", "done")
    return redirect(url_for("accounts.login"))


def _set(token: str, password: str) -> User | None:
    """The user whose password `token` set; None when somebody used it meanwhile."""
    password_hash = hashed(password)
    with globally() as session:
        user = user_of(token)
        if user is not None:
            set_password(user, password_hash)
            user.address_proven_at = clock.now()
            sessions.end_all(user.id)
            letters.password_changed(user)
            session.commit()
    return user
