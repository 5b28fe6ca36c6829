"""The page of the rules that hold for all channels."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.accounts.models import User
from loumass.channels.forms_rules import RulesForm
from loumass.channels.models import SendingRule
from loumass.channels.pages import pages
from loumass.channels.rules import change_rules, rules_now
from loumass.core.database import db
from loumass.core.errors import Refused


@pages.get("/channels/rules")
@requires("channels.read")
def rules() -> ResponseReturnValue:
    """How often one person is written to, and the hours of the night."""
    kept = rules_now()
    return _page(RulesForm.of(kept), kept)


@pages.post("/channels/rules")
@requires("channels.write")
def change_rules_now() -> ResponseReturnValue:
    """Keep other rules. Hours past the law need a reason."""
    form = RulesForm()
    if not form.validate_on_submit():
        return _page(form, rules_now()), 422
    try:
        change_rules(form.rules(), form.quiet_reason.data or "", g.user.id)
    except Refused as refused:
        db().rollback()
        form.quiet_reason.errors = [*form.quiet_reason.errors, refused.sentence]
        return _page(form, rules_now()), 422
    db().commit()
    flash("Rules saved. What waits is looked at again.", "done")
    return redirect(url_for(".rules"), 303)


def _page(form: RulesForm, kept: SendingRule) -> str:
    by = db().get(User, kept.quiet_by_id) if kept.quiet_by_id else None
    return render_template("channels/rules.html", form=form, kept=kept, by=by)
