"""Verifications: what was asked, how far it is, what it found; and the lists that it judges by."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.contacts.import_queries import names_of_uploaders
from loumass.contacts.verification_models import LISTS, EmailVerification
from loumass.contacts.verifying import asking, lists
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural

pages = Blueprint("verification", __name__)
LIST_NAMES = {"disposable": "Throwaway domains", "role": "Department names", "free": "Free mail"}


@pages.get("/verifications")
@requires("contacts.import")
def index() -> ResponseReturnValue:
    """What was verified, newest first."""
    cursor = request.args.get("after") or request.args.get("before")
    statement = select(EmailVerification)
    keys = [EmailVerification.created_at, EmailVerification.id]
    return render_template(
        "verification/index.html",
        page=page(statement, keys, cursor, descending=True),
        names=names_of_uploaders(),
    )


@pages.get("/verifications/<uuid:verification_id>")
@requires("contacts.import")
def show(verification_id: UUID) -> ResponseReturnValue:
    """How far it is, or what it found."""
    return render_template("verification/show.html", row=get_or_404(EmailVerification, verification_id))


@pages.get("/verifications/<uuid:verification_id>/progress")
@requires("contacts.import")
def progress(verification_id: UUID) -> ResponseReturnValue:
    """The part of the page that moves; an ended one sends its reader to the result."""
    row = get_or_404(EmailVerification, verification_id)
    if row.state != "running":
        return "", 200, {"HX-Redirect": url_for(".show", verification_id=verification_id)}
    return render_template("verification/_progress.html", row=row)


@pages.post("/verifications/<uuid:verification_id>/cancellation")
@requires("contacts.import")
def cancel(verification_id: UUID) -> ResponseReturnValue:
    """Stops before the next addresses."""
    row = get_or_404(EmailVerification, verification_id, lock=True)
    asking.cancel(row)
    audit("contacts.verification_cancelled", "email_verification", row.id)
    db().commit()
    return redirect(url_for(".show", verification_id=verification_id), 303)


@pages.get("/verifications/lists")
@requires("contacts.import")
def show_lists() -> ResponseReturnValue:
    """The lists that addresses are judged by, and the organization's own changes."""
    return _lists()


@pages.post("/verifications/lists")
@requires("contacts.import")
def change_lists() -> ResponseReturnValue:
    """Puts domains or names on a list, or takes them off."""
    kind, is_listed = request.form.get("kind", ""), request.form.get("is_listed") == "1"
    try:
        values = lists.change(kind, request.form.get("values", ""), is_listed=is_listed)
    except Refused as problem:
        return _lists(kind, problem.sentence), 422
    audit("contacts.lists_changed", list=kind, is_listed=is_listed, values=values[:20])
    db().commit()
    done = f"{plural(len(values), 'line is', 'lines are')} {'on' if is_listed else 'off'} the list."
    flash(f"{done} What was verified before keeps its result.", "done")
    return redirect(url_for(".show_lists", _anchor=kind), 303)


def _lists(kind: str = "", problem: str = "") -> str:
    return render_template(
        "verification/lists.html",
        kinds=LISTS,
        names=LIST_NAMES,
        counts={one: len(values) for one, values in lists.lists_now().items()},
        defaults={one: sorted(lists.defaults_of(one)) for one in LISTS},
        rules=lists.rules(),
        problem_with=kind,
        problem=problem,
        typed=request.form.get("values", ""),
    )
