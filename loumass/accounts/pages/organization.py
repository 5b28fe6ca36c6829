"""What holds for a whole organization."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import local_time
from loumass.accounts.forms import OrganizationForm
from loumass.accounts.guards import requires
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.service import audit
from loumass.core.database import db


@pages.route("/organization", methods=["GET", "POST"])
@requires("organization.manage")
def organization() -> ResponseReturnValue:
    """Name, time zone, country, postal address."""
    form = OrganizationForm(obj=g.organization)
    if not form.validate_on_submit():
        return render_template("accounts/organization.html", form=form), 422 if form.is_submitted() else 200
    settings = {
        "name": form.name.data,
        "timezone": form.timezone.data,
        "country": form.country.data,
        "postal_address": (form.postal_address.data or "").replace("\r\n", "\n"),
    }
    changed = [name for name, value in settings.items() if getattr(g.organization, name) != value]
    for name in changed:
        setattr(g.organization, name, settings[name])
    if changed:
        audit("organization.changed", settings=changed)
    if "timezone" in changed:
        local_time.changed()
    db().commit()
    flash("Saved.", "done")
    return redirect(url_for("account.organization"))
