"""Labels: on and off one line, and the page where they are named."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import labels
from loumass.inbox.desk.models import COLOURS, Label
from loumass.inbox.pages.conversation import address_of
from loumass.inbox.person import conversation_or_404, person_of


@pages.post("/inbox/<uuid:id>/labels")
@requires("inbox.reply")
def label(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """`label` is put on the line, or with `off` taken from it; `name` makes a new one."""
    ids = person_of(conversation_or_404(id)).conversation_ids
    name = request.form.get("name", "")
    chosen = labels.create(name, request.form.get("colour") or "gray").id if name else label_asked()
    if "off" in request.form:
        labels.take_off(ids, chosen)
    else:
        labels.put(ids, chosen)
    db().commit()
    return redirect(address_of(id), 303)


@pages.get("/inbox/labels")
@requires("inbox.read")
def show_labels() -> ResponseReturnValue:
    """Every label with its colour."""
    return _page()


@pages.post("/inbox/labels")
@requires("inbox.reply")
def add_label() -> ResponseReturnValue:
    """One more."""
    try:
        made = labels.create(request.form.get("name", ""), request.form.get("colour", ""))
    except Refused as problem:
        return _page(problem.sentence), 422
    db().commit()
    flash(f"{made.name} is a label now.", "done")
    return redirect(url_for(".show_labels"), 303)


@pages.post("/inbox/labels/<uuid:label_id>")
@requires("inbox.reply")
def change_label(label_id: UUID) -> ResponseReturnValue:
    """Another name or colour."""
    try:
        made = labels.change(label_id, request.form.get("name", ""), request.form.get("colour", ""))
    except Refused as problem:
        db().rollback()
        return _page(problem.sentence), 422
    db().commit()
    flash(f"{made.name} is changed.", "done")
    return redirect(url_for(".show_labels"), 303)


@pages.route("/inbox/labels/<uuid:label_id>/removal", methods=["GET", "POST"])
@requires("inbox.reply")
def remove_label(label_id: UUID) -> ResponseReturnValue:
    """Asks with the number, then takes it off everything."""
    if request.method == "GET":
        many = plural(labels.carried_by(label_id), "conversation")
        return render_template("inbox/label_removal.html", label=get_or_404(Label, label_id), many=many)
    gone = labels.remove(label_id)
    name = gone.name
    db().commit()
    flash(f"{name} is gone.", "done")
    return redirect(url_for(".show_labels"), 303)


def label_asked() -> UUID:
    """Which label the form names. Raises Refused."""
    try:
        return UUID(request.values.get("label", ""))
    except ValueError as problem:
        raise Refused("Choose a label. Nothing was changed.") from problem


def _page(problem: str = "") -> str:
    return render_template(
        "inbox/labels.html", labels=labels.labels(), colours=COLOURS, problem=problem, typed=request.form
    )
