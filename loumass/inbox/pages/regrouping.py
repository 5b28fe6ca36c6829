"""Merging and splitting lines, and undoing it."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import regrouping
from loumass.inbox.filters import Filters
from loumass.inbox.pages.conversation import address_of
from loumass.inbox.pages.listing import kept_query
from loumass.inbox.people_list import people
from loumass.inbox.person import conversation_or_404, person_of
from loumass.inbox.searching import search
from loumass.inbox.timeline import stretch

_VIEW = "everything"


@pages.get("/inbox/<uuid:id>/merging")
@requires("inbox.reply")
def choose_merge(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Whom to put together with this one: the latest, or who is searched for."""
    chosen = conversation_or_404(id)
    words = request.args.get("q", "").strip()
    filters = Filters(view=_VIEW, user_id=g.user.id, found=search(words) if words else None)
    person = person_of(chosen)
    lines = [one for one in people(filters, None).items if one.id not in person.conversation_ids]
    return render_template("inbox/merge.html", chosen=chosen, person=person, lines=lines, words=words)


@pages.post("/inbox/<uuid:id>/merging")
@requires("inbox.reply")
def merge(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """They stand in one line from now on."""
    kept, other = conversation_or_404(id), conversation_or_404(_asked("other"))
    names = f"{person_of(other).name} stands with {person_of(kept).name}"
    (made,) = regrouping.merge(kept, [other], g.user.id)
    undo = url_for(".undo_regrouping", regrouping_id=made.id, **kept_query())
    db().commit()
    flash({"text": f"{names} now.", "undo": undo}, "done")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings
    return redirect(address_of(id), 303)


@pages.get("/inbox/<uuid:id>/splitting")
@requires("inbox.reply")
def choose_split(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """From which message on."""
    chosen = conversation_or_404(id)
    person = person_of(chosen)
    said = [
        one.card
        for one in stretch(person, request.args.get("earlier"), with_traces=False).entries
        if one.card
    ]
    cards = [card for card in said if card.direction != "note"]
    return render_template("inbox/split.html", chosen=chosen, person=person, cards=cards)


@pages.post("/inbox/<uuid:id>/splitting")
@requires("inbox.reply")
def split(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Everything from `message` on stands in a line of its own."""
    made = regrouping.split(conversation_or_404(id), _asked("message"), g.user.id)
    new_id = made.other_id
    undo = url_for(".undo_regrouping", regrouping_id=made.id, **kept_query())
    db().commit()
    flash({"text": "It stands by itself now.", "undo": undo}, "done")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings
    return redirect(address_of(new_id), 303)


@pages.post("/inbox/regroupings/<uuid:regrouping_id>/undoing")
@requires("inbox.reply")
def undo_regrouping(regrouping_id: UUID) -> ResponseReturnValue:
    """Everything stands where it stood."""
    undone = regrouping.undo(regrouping_id)
    kept_id, other_id, kind = undone.kept_id, undone.other_id, undone.kind
    db().commit()
    flash("They stand apart again." if kind == "merge" else "It stands with the rest again.", "done")
    return redirect(address_of(other_id if kind == "merge" else kept_id), 303)


def _asked(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError as problem:
        raise Refused("Choose one first. Nothing was changed.") from problem
