"""Signing up, in and out."""

from __future__ import annotations

from flask import current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from loumass.accounts import limits, sessions, vendor_signing
from loumass.accounts.forms import SignInForm, SignUpForm
from loumass.accounts.guards import requires
from loumass.accounts.models import User
from loumass.accounts.pages.blueprints import pages, public
from loumass.accounts.pages.entering import come_in, enter, first_organization
from loumass.accounts.passwords import hashed, is_outdated, is_right
from loumass.accounts.sign_up import find_user, sign_up
from loumass.core import metrics
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.tenancy import globally

WRONG = "The e-mail address or the password is not right."


@public.route("/login", methods=["GET", "POST"])
@limits.tries
def login() -> ResponseReturnValue:
    """The sign-in page. Answers alike, after the same work, whether or not there is such a user."""
    form = SignInForm()
    if not form.validate_on_submit():
        return _login_page(form)
    with globally():
        user = find_user(form.email.data or "")
    if not is_right(form.password.data or "", user.password_hash if user else None) or user is None:
        form.form_errors = [WRONG]
        return _login_page(form)
    organization_id = first_organization(user.id)
    if organization_id is None:
        form.form_errors = ["You belong to no organization any more. Ask an admin to invite you."]
        return _login_page(form)
    renew_hash(user, form.password.data or "")
    return come_in(user, organization_id, stays=form.stays.data)


@public.route("/sign-up", methods=["GET", "POST"], endpoint="sign_up")
@limits.new_organizations
def sign_up_page() -> ResponseReturnValue:
    """A new organization; whoever founds it is its admin and signed in."""
    form = SignUpForm()
    if not form.validate_on_submit():
        return render_template("accounts/sign_up.html", form=form), 422 if form.is_submitted() else 200
    try:
        user, organization_id = sign_up(
            form.name.data or "",
            form.email.data or "",
            form.organization.data or "",
            form.password.data or "",
        )
    except Conflict as problem:
        form.email.errors = [problem.sentence]
        return render_template("accounts/sign_up.html", form=form), 422
    metrics.SIGN_UPS.labels("page").inc()
    enter(user, organization_id)
    flash(f"{form.organization.data} is ready.", "done")
    return redirect(url_for("account.home"))


@pages.get("/")
@requires("dashboard.read")
def home() -> ResponseReturnValue:
    """The first page after signing in: the dashboard."""
    if "analytics.dashboard" in current_app.view_functions:
        return redirect(url_for("analytics.dashboard"))
    return render_template("accounts/home.html")


@pages.post("/logout")
@requires("profile.write")
def logout() -> ResponseReturnValue:
    """Ends this session."""
    sessions.end(g.user.id, g.session.id)
    db().commit()
    logout_user()
    session.clear()
    g.pop("user", None)
    return redirect(url_for("accounts.login"))


def _login_page(form: SignInForm) -> ResponseReturnValue:
    page = render_template(
        "accounts/login.html", form=form, vendors=vendor_signing.offered(), next=request.args.get("next")
    )
    return page, 422 if form.is_submitted() else 200


def renew_hash(user: User, password: str) -> None:
    """Hashes made with weaker settings are replaced while the password is at hand."""
    if is_outdated(user.password_hash):
        renewed = hashed(password)
        with globally() as own:
            own.get_one(User, user.id).password_hash = renewed
            db().commit()
