"""What is tracked unless a campaign says otherwise, and under which names links go out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from loumass.accounts.guards import requires
from loumass.accounts.service import audit_change
from loumass.channels import tracking_domains
from loumass.channels.tracking_checking import look_at, own_host
from loumass.channels.tracking_models import TrackingDomain
from loumass.channels.tracking_using import base_of
from loumass.core import links
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get_or_404

pages = Blueprint("tracking", __name__)


class DomainForm(FlaskForm):
    """A name below a domain of one's own."""

    name = StringField(
        "Name",
        [InputRequired("Write a name like go.example.com."), Length(max=260)],
        description="Below the domain you write from, like go.example.com.",
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


class DefaultsForm(FlaskForm):
    """What campaigns track that say nothing of it."""

    is_open_tracked = BooleanField("Tell who opened an e-mail")
    is_click_tracked = BooleanField("Tell who clicked a link")
    is_answer_tracked = BooleanField("Also in what people write in the inbox")


@pages.get("/tracking")
@requires("channels.read")
def index() -> ResponseReturnValue:
    """Names and defaults."""
    return _page(DomainForm())


@pages.post("/tracking")
@requires("channels.write")
def add() -> ResponseReturnValue:
    """A new name; what its DNS record must say is shown next."""
    form = DomainForm()
    if not form.validate():
        return _page(form), 422
    try:
        domain = tracking_domains.add(form.name.data or "", g.user.id)
    except Refused as problem:
        form.name.errors = [problem.sentence]
        return _page(form), 422
    db().commit()
    flash(f"{domain.name} is on the list. Set its DNS record, then check it.", "done")
    return redirect(url_for(".index"), 303)


@pages.post("/tracking/defaults")
@requires("organization.manage")
def change_defaults() -> ResponseReturnValue:
    """From the next message that is planned on; what was planned stays as it is."""
    form = DefaultsForm()
    wanted: dict[str, bool] = {name: bool(form[name].data) for name in _DEFAULTS}
    before = {name: getattr(g.organization, name) for name in wanted}
    for name, value in wanted.items():
        setattr(g.organization, name, value)
    audit_change("organization.changed", before, wanted)
    db().commit()
    flash("Saved. It counts for messages that are planned from now on.", "done")
    return redirect(url_for(".index"), 303)


@pages.post("/tracking/<uuid:id>/check")
@requires("channels.write")
def check(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Look at the name now, with no transaction open meanwhile."""
    domain = _live_or_404(id)
    name, is_secure = domain.name, domain.is_secure if domain.verified_at else None
    db().commit()
    found = look_at(name, is_secure=is_secure)
    domain = _live_or_404(id, lock=True)
    tracking_domains.note(domain, found)
    db().commit()
    if domain.state == "verified":
        flash(f"{name} leads here. Links go out under it from now on.", "done")
    else:
        flash(domain.reason, "error")
    return redirect(url_for(".index"), 303)


@pages.get("/tracking/<uuid:id>/removal")
@requires("channels.write")
def ask_to_remove(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Ask first: links that were sent lead through it."""
    return render_template("tracking/remove.html", domain=_live_or_404(id))


@pages.post("/tracking/<uuid:id>/removal")
@requires("channels.write")
def remove(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Use it no more."""
    domain = _live_or_404(id, lock=True)
    tracking_domains.remove(domain)
    db().commit()
    flash(f"{domain.name} is not used any more.", "done")
    return redirect(url_for(".index"), 303)


_DEFAULTS = ("is_open_tracked", "is_click_tracked", "is_answer_tracked")


def _live_or_404(domain_id: UUID, *, lock: bool = False) -> TrackingDomain:
    domain = get_or_404(TrackingDomain, domain_id, lock=lock)
    if domain.removed_at is not None:
        raise NotFound("This name was removed. Links that were sent under it still work.")
    return domain


def _page(form: DomainForm) -> str:
    found = tracking_domains.domains()
    used = next((one for one in found if one.state == "verified"), None)
    values: dict[str, Any] = {name: getattr(g.organization, name) for name in _DEFAULTS}
    return render_template(
        "tracking/index.html",
        form=form,
        defaults=DefaultsForm(formdata=None, data=values),
        domains=found,
        used=base_of(used.name, is_secure=used.is_secure) if used else links.absolute(),
        target=own_host(),
    )
