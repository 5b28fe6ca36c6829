"""What holds for a whole organization."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.forms import OrganizationForm, TrustForm
from loumass.accounts.guards import requires
from loumass.accounts.handing_down import HOURS
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.service import audit_change
from loumass.core import live
from loumass.core.database import db


@pages.route("/organization", methods=["GET", "POST"])
@requires("organization.manage")
def organization() -> ResponseReturnValue:
    """Name, time zone, country, postal address."""
    form = OrganizationForm(obj=g.organization)
    if not form.validate_on_submit():
        return _show(form=form, status=422 if form.is_submitted() else 200)
    settings = {
        "name": form.name.data,
        "timezone": form.timezone.data,
        "country": form.country.data,
        "postal_address": (form.postal_address.data or "").replace("\r\n", "\n"),
    }
    before = {name: getattr(g.organization, name) for name in settings}
    for name, value in settings.items():
        setattr(g.organization, name, value)
    audit_change("organization.changed", before, settings)
    if before["timezone"] != settings["timezone"]:
        HOURS.changed()
    db().commit()
    flash("Saved.", "done")
    return redirect(url_for("account.organization"))


@pages.post("/organization/trust")
@requires("organization.manage")
def change_trust() -> ResponseReturnValue:
    """Who sees what, and how people sign in."""
    form = TrustForm(prefix="trust")
    if not form.validate_on_submit():
        return _show(trust_form=form, status=422)
    if form.needs_second_factor.data and g.user.second_factor_since is None:
        form.needs_second_factor.errors = ["Set up your own second factor first, under Security."]
        return _show(trust_form=form, status=422)
    settings = {name: bool(form[name].data) for name in ("shows_only_own", "needs_second_factor")}
    before = {name: getattr(g.organization, name) for name in settings}
    for name, value in settings.items():
        setattr(g.organization, name, value)
    if audit_change("organization.trust_changed", before, settings):
        live.end_streams()
    db().commit()
    flash("Saved. It holds from now on, also for those who are signed in.", "done")
    return redirect(url_for("account.organization"))


def _show(
    form: OrganizationForm | None = None, trust_form: TrustForm | None = None, status: int = 200
) -> ResponseReturnValue:
    fresh = {"formdata": None}
    page = render_template(
        "accounts/organization.html",
        form=form or OrganizationForm(obj=g.organization, **fresh),
        trust_form=trust_form or TrustForm(obj=g.organization, prefix="trust", **fresh),
    )
    return page, status
