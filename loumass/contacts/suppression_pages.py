"""The list of addresses that must not be used: seen, added to, imported, exported, and taken off with a reason."""

from __future__ import annotations

import io
from uuid import UUID

from flask import (
    Blueprint,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.contacts import suppressing
from loumass.contacts.downloads import csv_download
from loumass.contacts.forms import MEDIUM_NAMES, SuppressionForm
from loumass.contacts.models import MEDIA, SUPPRESSION_REASONS, Suppression
from loumass.contacts.normalising import clean_text
from loumass.contacts.suppression import lift
from loumass.contacts.suppression_lists import exported, hashes_of
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural

pages = Blueprint("suppression", __name__)


@pages.get("/suppression")
@requires("contacts.read")
def index() -> ResponseReturnValue:
    """The list, newest first; a search finds one exact address, also an erased one."""
    return _index(SuppressionForm())


@pages.post("/suppression")
@requires("suppression.write")
def add() -> ResponseReturnValue:
    """Bars the addresses that were typed or are in the file."""
    form = SuppressionForm()
    if not form.validate():
        return _index(form), 422
    medium, note = form.medium.data or "email", form.note.data or ""
    file = request.files.get("file")
    try:
        if file is not None and file.filename:
            outcome = suppressing.bar_file(
                file.stream, medium, note or f"From {clean_text(file.filename)}", g.organization.country
            )
        else:
            outcome = suppressing.bar_lines(
                io.StringIO(form.addresses.data or ""), medium, note, g.organization.country
            )
    except Refused as problem:
        return _index(form, problem.sentence), 422
    audit("suppression.added", medium=medium, addresses=outcome.added)
    db().commit()
    flash(_told(outcome, medium), "done" if outcome.added or outcome.known else "error")
    return redirect(url_for(".index"), 303)


@pages.get("/suppression/<uuid:suppression_id>/removal")
@requires("suppression.remove")
def ask_to_remove(suppression_id: UUID) -> ResponseReturnValue:
    """Asks why: the law wants a reason."""
    return render_template(
        "suppression/remove.html", row=get_or_404(Suppression, suppression_id), media=MEDIUM_NAMES
    )


@pages.post("/suppression/<uuid:suppression_id>/removal")
@requires("suppression.remove")
def remove(suppression_id: UUID) -> ResponseReturnValue:
    """Takes one address off the list."""
    row = get_or_404(Suppression, suppression_id, lock=True)
    why = clean_text(request.form.get("why", ""))[:500]
    if not why:
        problem = "Say why this address may be used again. Nothing was changed."
        return render_template("suppression/remove.html", row=row, media=MEDIUM_NAMES, problem=problem), 422
    if not lift(suppression_id, why, is_granted=request.form.get("asked") == "1"):
        raise Refused("This person asked to be erased. The address stays barred for good.")
    audit("suppression.removed", "suppression", suppression_id, medium=row.medium, reason=row.reason, why=why)
    db().commit()
    flash("The address may be used again.", "done")
    return redirect(url_for(".index"), 303)


@pages.get("/suppression.csv")
@requires("contacts.export")
def export() -> ResponseReturnValue:
    """The whole list as CSV; of erased people only that there was one."""
    audit("suppression.exported")
    db().commit()
    return csv_download("suppression.csv", ["medium", "address", "reason", "note", "since"], exported)


def _index(form: SuppressionForm, problem: str = "") -> str:
    statement = select(Suppression)
    words, medium, reason = (request.args.get(name, "").strip() for name in ("q", "medium", "reason"))
    if words:
        statement = statement.where(Suppression.address_hash.in_(hashes_of(words, g.organization.country)))
    if medium in MEDIA:
        statement = statement.where(Suppression.medium == medium)
    if reason in SUPPRESSION_REASONS:
        statement = statement.where(Suppression.reason == reason)
    cursor = request.args.get("after") or request.args.get("before")
    return render_template(
        "suppression/index.html",
        form=form,
        problem=problem,
        page=page(statement, [Suppression.created_at, Suppression.id], cursor, descending=True),
        media=MEDIUM_NAMES,
        reasons=suppressing.REASON_NAMES,
        is_filtered=bool(words or medium or reason),
    )


def _told(outcome: suppressing.Outcome, medium: str) -> str:
    parts = [
        f"{plural(outcome.added, 'address', 'addresses')} will not get {MEDIUM_NAMES[medium].lower()} any more"
    ]
    if outcome.known:
        parts.append(f"{outcome.known:,} already barred")
    if outcome.refused:
        line, value, reason = outcome.refused[0]
        parts.append(f"{outcome.refused_count:,} not read, the first in line {line}: “{value}”, {reason}")
    return ". ".join(parts) + "."
