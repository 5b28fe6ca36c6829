"""What answers make of somebody's status, and who judges them beside us: the organization's settings."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs

from loumass.accounts.guards import requires
from loumass.channels.forms import CredentialsForm, credentials_form
from loumass.core.database import db
from loumass.inbox import sorting_choices
from loumass.inbox.blueprint import pages
from loumass.inbox.sorting_choices import MADE, NAMES
from loumass.messages.sorting.accounts import SORTERS
from loumass.messages.sorting.models import SorterAccount
from loumass.providers.credentials import fields_of
from loumass.providers.own_service.client import OwnService

_CHOICES = [
    SelectChoice("", "Stays as it is"),
    *(SelectChoice(one, one) for one in MADE),
]


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
    sorting_choices.change_statuses(g.organization, {name: form[name].data or "" for name in NAMES})
    db().commit()
    flash("Saved. It holds for answers from now on.", "done")
    return redirect(url_for(".show_sorting"), 303)


@pages.post("/inbox/sorting/judge")
@requires("organization.manage")
def connect_sorter() -> ResponseReturnValue:
    """Try the service, keep it. An empty key keeps the one that is stored."""
    asked = _form(SORTERS.account())
    credentials = asked.credentials() if asked.validate_on_submit() else None
    if credentials is None:
        return _page(judge_form=asked), 422
    tried = sorting_choices.connect_judge(credentials)
    db().commit()
    kept = "" if tried.is_well else " It is kept; answers are sorted by their words until this is mended."
    flash(f"{tried.sentence}{kept}", "done" if tried.is_well else "error")
    return redirect(url_for(".show_sorting"), 303)


@pages.post("/inbox/sorting/judge/test")
@requires("organization.manage")
def test_sorter() -> ResponseReturnValue:
    """Ask it about an answer that nobody wrote."""
    tried = sorting_choices.test_judge()
    db().commit()
    flash(tried.sentence, "done" if tried.is_well else "error")
    return redirect(url_for(".show_sorting"), 303)


@pages.post("/inbox/sorting/judge/disconnect")
@requires("organization.manage")
def disconnect_sorter() -> ResponseReturnValue:
    """Forget it: answers are sorted by their words."""
    sorting_choices.disconnect_judge(g.user.name)
    db().commit()
    flash("Disconnected. Answers are sorted by their words.", "done")
    return redirect(url_for(".show_sorting"), 303)


def _form(found: SorterAccount | None) -> CredentialsForm:
    return credentials_form(OwnService, SORTERS.readable_credentials(found), has_names=False)


def _page(form: SortingForm | None = None, judge_form: CredentialsForm | None = None) -> str:
    found = SORTERS.account()
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
