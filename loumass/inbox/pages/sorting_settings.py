"""What answers make of somebody's status, and who judges them beside us: the organization's settings."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs

from loumass.accounts.guards import requires
from loumass.accounts.service import audit_change
from loumass.channels.forms import CredentialsForm, credentials_form
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.funnels.statuses import Status
from loumass.inbox.blueprint import pages
from loumass.messages.sorting import accounts
from loumass.messages.sorting.models import SorterAccount
from loumass.providers.credentials import Credentials, fields_of
from loumass.providers.errors import Disconnected
from loumass.providers.own_service.client import OwnService

_CHOICES = [
    SelectChoice("", "Stays as it is"),
    *(SelectChoice(str(one), str(one)) for one in Status if one not in (Status.NO_ACTIVITY, Status.MESSAGED)),
]
_NAMES = ("positive_status", "declined_status")


class SortingForm(FlaskForm):
    """The statuses that answers make, unless a campaign says otherwise."""

    positive_status = SelectField("A positive answer makes the status", choices=_CHOICES)
    declined_status = SelectField("“Not interested” makes the status", choices=_CHOICES)


@pages.get("/inbox/sorting")
@requires("organization.manage")
def show_sorting() -> ResponseReturnValue:
    """The settings as they are."""
    return _page()


@pages.post("/inbox/sorting")
@requires("organization.manage")
def change_sorting() -> ResponseReturnValue:
    """Other statuses from now on."""
    form = SortingForm()
    if not form.validate_on_submit():
        return _page(form=form), 422
    settings = {name: form[name].data or "" for name in _NAMES}
    audit_change(
        "organization.replies_changed", {name: getattr(g.organization, name) for name in _NAMES}, settings
    )
    for name, value in settings.items():
        setattr(g.organization, name, value)
    db().commit()
    flash("Saved. It holds for answers from now on.", "done")
    return redirect(url_for(".show_sorting"), 303)


@pages.post("/inbox/sorting/judge")
@requires("organization.manage")
def connect_sorter() -> ResponseReturnValue:
    """Try the service, keep it. An empty key keeps the one that is stored."""
    found = accounts.account()
    asked = _form(found)
    credentials = asked.credentials() if asked.validate_on_submit() else None
    if credentials is None:
        return _page(judge_form=asked), 422
    tried = _tried(credentials)
    accounts.connect(OwnService, credentials, tried)
    db().commit()
    kept = "" if tried.is_well else " It is kept; answers are sorted by their words until this is mended."
    flash(f"{tried.sentence}{kept}", "done" if tried.is_well else "error")
    return redirect(url_for(".show_sorting"), 303)


@pages.post("/inbox/sorting/judge/test")
@requires("organization.manage")
def test_sorter() -> ResponseReturnValue:
    """Ask it about an answer that nobody wrote."""
    stored = _stored(accounts.account())
    if stored is None:
        raise Conflict("There is no service to test. Connect it first.")
    tried = _tried(stored)
    if (current := accounts.account(lock=True)) is not None:
        accounts.note_check(current, tried)
    db().commit()
    flash(tried.sentence, "done" if tried.is_well else "error")
    return redirect(url_for(".show_sorting"), 303)


@pages.post("/inbox/sorting/judge/disconnect")
@requires("organization.manage")
def disconnect_sorter() -> ResponseReturnValue:
    """Forget it: answers are sorted by their words."""
    found = accounts.account(lock=True)
    if found is None:
        raise Conflict("No service is connected.")
    accounts.disconnect(found, g.user.name)
    db().commit()
    flash("Disconnected. Answers are sorted by their words.", "done")
    return redirect(url_for(".show_sorting"), 303)


def _tried(credentials: Credentials) -> accounts.Tried:
    db().commit()  # gives the connection back: no transaction stays open while the service answers
    return accounts.attempt(OwnService, credentials)


def _stored(found: SorterAccount | None) -> Credentials | None:
    try:
        return accounts.credentials_of(found) if found else None
    except Disconnected:
        return None


def _form(found: SorterAccount | None) -> CredentialsForm:
    return credentials_form(OwnService, _stored(found), has_names=False)


def _page(form: SortingForm | None = None, judge_form: CredentialsForm | None = None) -> str:
    found = accounts.account()
    return render_template(
        "inbox/sorting.html",
        sorting_form=form or SortingForm(obj=g.organization, formdata=None),
        account=found,
        form=judge_form or _form(found),
        has_names=False,
        groups={"": [asked.name for asked in fields_of(OwnService.Credentials)]},
        folded=OwnService.Credentials.folded,
        sorter=OwnService,
    )
