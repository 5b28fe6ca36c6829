"""Signing in with Google or Microsoft, and connecting an account of theirs to one's own."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

import structlog
from flask import flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import limits, mail, vendor_signing
from loumass.accounts.forms import JoinKnownForm
from loumass.accounts.guards import requires
from loumass.accounts.models import User
from loumass.accounts.pages import letters
from loumass.accounts.pages.blueprints import pages, public
from loumass.accounts.pages.entering import come_in, first_organization, next_address, note_everywhere
from loumass.accounts.passwords import is_right
from loumass.accounts.service import audit
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound
from loumass.core.links import absolute
from loumass.core.tenancy import globally
from loumass.providers.errors import Forged, ProviderError
from loumass.providers.oauth import verifier
from loumass.providers.openid import VENDORS, Identity, Question, begin, finish

_AT_VENDOR, _TO_CONNECT = "at_vendor", "to_connect"
log = structlog.get_logger("sign_in")


@public.get("/sign-in/<vendor>")
def start_vendor_sign_in(vendor: str) -> ResponseReturnValue:
    """Leads to the vendor."""
    return _leave_for(vendor, {"to": next_address()})


@pages.post("/profile/accounts/<vendor>")
@requires("profile.write")
def connect_account(vendor: str) -> ResponseReturnValue:
    """Leads to the vendor as well; whoever comes back connects that account to their own."""
    return _leave_for(vendor, {"user": str(g.user.id), "session": session["session"]})


@pages.post("/profile/accounts/<vendor>/removal")
@requires("profile.write")
def disconnect_account(vendor: str) -> ResponseReturnValue:
    """The vendor signs them in no more; their password does."""
    if not vendor_signing.disconnect(g.user.id, vendor):
        raise NotFound
    audit("account.disconnected", "user", g.user.id, vendor=vendor)
    db().commit()
    flash(f"{VENDORS[vendor].sign_in.label} does not sign you in any more. Your password does.", "done")
    return redirect(url_for("account.security"))


@public.get("/sign-in/<vendor>/return")
@limits.vendor_returns
def finish_vendor_sign_in(vendor: str) -> ResponseReturnValue:
    """Back from the vendor: in, where the account is known; else what is missing is asked for."""
    client, kept = vendor_signing.client_of(vendor), session.pop(_AT_VENDOR, None)
    label = VENDORS[vendor].sign_in.label
    state = request.args.get("state", "")
    if (
        not kept
        or kept["vendor"] != vendor
        or not secrets.compare_digest(kept["state"].encode(), state.encode())
    ):
        return _refused(f"This sign-in at {label} was not begun here, or is over. Begin again.")
    if "code" not in request.args:
        return _refused(f"{label} did not sign you in. Nothing was changed.")
    question = Question(kept["state"], kept["nonce"], kept["secret"])
    try:
        who = finish(VENDORS[vendor], client, _return_address(vendor), question, request.args["code"])
    except (ProviderError, Forged) as problem:
        log.warning("sign_in.vendor_refused", vendor=vendor, problem=str(problem))
        return _refused(
            f"{label} could not tell us who you are. Try again in a minute, or use your password."
        )
    return _connected(who, kept) if "user" in kept else _come_in(who, kept["to"])


@public.route("/sign-in/connection", methods=["GET", "POST"])
@limits.tries
def prove_account() -> ResponseReturnValue:
    """The vendor says who it is; the password of the account that has the same address says that it is theirs."""
    kept: dict[str, Any] | None = session.get(_TO_CONNECT)
    if kept is None:
        return redirect(url_for("accounts.login"))
    who, form = Identity(**kept["who"]), JoinKnownForm()
    label = VENDORS[who.vendor].sign_in.label
    with globally():
        found = vendor_signing.find(who)
    if found is None:
        return _refused(_nobody(who))
    if form.validate_on_submit() and is_right(form.password.data or "", found.user.password_hash):
        session.pop(_TO_CONNECT)
        _connect(who, found.user)
        return _arrive(found.user, who, kept["to"])
    if form.is_submitted() and not form.errors:
        form.password.errors = ["This is not the password of that account."]
    page = render_template("accounts/prove_account.html", form=form, email=who.email, label=label)
    return page, 422 if form.is_submitted() else 200


def _leave_for(vendor: str, also: dict[str, str]) -> ResponseReturnValue:
    client = vendor_signing.client_of(vendor)
    question = Question(secrets.token_urlsafe(24), secrets.token_urlsafe(24), verifier())
    session[_AT_VENDOR] = {
        "vendor": vendor, "state": question.state, "nonce": question.nonce, "secret": question.secret, **also,
    }  # fmt: skip
    return redirect(begin(VENDORS[vendor], client, _return_address(vendor), question))


def _return_address(vendor: str) -> str:
    return absolute(url_for("accounts.finish_vendor_sign_in", vendor=vendor))


def _come_in(who: Identity, to: str) -> ResponseReturnValue:
    with globally():
        found = vendor_signing.find(who)
    if found is None:
        return _refused(_nobody(who))
    if not found.is_theirs:
        session[_TO_CONNECT] = {"who": _kept(who), "to": to}
        return redirect(url_for("accounts.prove_account"))
    _connect(who, found.user)
    return _arrive(found.user, who, to)


def _arrive(user: User, who: Identity, to: str) -> ResponseReturnValue:
    organization_id = first_organization(user.id)
    if organization_id is None:
        return _refused("You belong to no organization any more. Ask an admin to invite you.")
    return come_in(user, organization_id, way=who.vendor, to=to)


def _connect(who: Identity, user: User) -> None:
    with globally() as own:
        is_news = vendor_signing.connect(who, user.id)
        if is_news:
            letters.account_connected(user, VENDORS[who.vendor].sign_in.label, who.email)
        own.commit()
    if is_news:
        mail.ring_for_anybody()
        note_everywhere(user.id, "account.connected")


def _connected(who: Identity, kept: dict[str, str]) -> ResponseReturnValue:
    """Whoever began this must still be signed in in the same session: a link that another sent them connects nothing."""
    if (
        session.get("_user_id", "").partition(":")[0] != kept["user"]
        or session.get("session") != kept["session"]
    ):
        return _refused("You were signed out meanwhile. Nothing was connected.")
    with globally() as own:
        user = own.get(User, UUID(kept["user"]))
    if user is None:
        raise NotFound
    try:
        _connect(who, user)
    except Conflict as problem:
        flash(problem.sentence, "error")
        return redirect(url_for("account.security"))
    flash(
        f"{VENDORS[who.vendor].sign_in.label} signs you in from now on, as {who.email or who.name}.", "done"
    )
    return redirect(url_for("account.security"))


def _nobody(who: Identity) -> str:
    label = VENDORS[who.vendor].sign_in.label
    if not who.is_proven:
        return (
            f"{label} does not answer for {who.email or 'your address'} being yours. "
            "Sign in with your password once, and connect it under Security."
        )
    return f"Nobody here has the address {who.email}. Ask an admin to invite you, or start an organization."


def _refused(sentence: str) -> ResponseReturnValue:
    flash(sentence, "error")
    return redirect(url_for("accounts.login"))


def _kept(who: Identity) -> dict[str, Any]:
    return {name: getattr(who, name) for name in ("vendor", "subject", "email", "name", "is_proven")}
