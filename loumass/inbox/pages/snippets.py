"""Snippets and signatures: managed on a page, offered while somebody writes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import permitted, requires
from loumass.core.database import db
from loumass.core.errors import Conflict, Problem
from loumass.inbox import signing, snippets
from loumass.inbox.answering import ways
from loumass.inbox.blueprint import pages
from loumass.inbox.models import Snippet
from loumass.inbox.person import Person, conversation_or_404, person_of
from loumass.inbox.wording import filled


@pages.get("/snippets")
@requires("inbox.reply")
def snippet_list() -> ResponseReturnValue:
    """Everything that one may use, one's signatures, and the form."""
    return _show()


@pages.post("/snippets")
@requires("inbox.reply")
def make_snippet() -> ResponseReturnValue:
    """A new one."""
    return _saved(None)


@pages.get("/snippets/<uuid:id>")
@requires("inbox.reply")
def edit_snippet(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The form with one that is there."""
    return _show(changeable(id))


@pages.post("/snippets/<uuid:id>")
@requires("inbox.reply")
def change_snippet(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Other words for it."""
    return _saved(changeable(id))


@pages.post("/snippets/<uuid:id>/removal")
@requires("inbox.reply")
def remove_snippet(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Gone; what was sent with it stays as it was."""
    snippet = changeable(id)
    db().delete(snippet)
    db().commit()
    flash(f"/{snippet.shortcut} is removed. What was sent with it stays.", "done")
    return redirect(url_for("inbox.snippet_list"))


@pages.post("/snippets/signatures/<uuid:id>")
@requires("inbox.reply")
def keep_signature(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """One's signature in one mailbox."""
    is_usual = request.form.get("act") == "usual"
    signing.keep_signature(g.user.id, id, None if is_usual else request.form.get("text", ""))
    db().commit()
    flash("Your signature is saved.", "done")
    return redirect(url_for("inbox.snippet_list"))


@pages.get("/inbox/<uuid:id>/snippets")
@requires("inbox.reply")
def offer_snippets(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """What `/` and some letters find, filled in for this person: a list for the answer box."""
    person = person_of(conversation_or_404(id))
    found = snippets.matching(g.user.id, request.args.get("q", ""))
    kind = request.args.get("kind", "")
    offered = [(one, *filled_for(person, kind, one.text)) for one in found]
    return render_template("inbox/_snippets.html", offered=offered, person=person)


def filled_for(person: Person, kind: str, text: str) -> tuple[str, list[str]]:
    """`text` for `person` on the way of `kind`, and the tags that nothing is known for."""
    reachable = ways(person)
    way = reachable.get(kind) or next(iter(reachable.values()), None)
    return filled(person, way.channel if way else None, g.user, text)


def changeable(snippet_id: UUID) -> Snippet:
    """One that whoever asks may change. Raises NotFound, Conflict."""
    snippet = snippets.usable(snippet_id, g.user.id)
    if not snippets.may_change(snippet, g.user.id, is_editor=permitted("content.write")):
        raise Conflict(f"/{snippet.shortcut} is somebody else's. Make one of your own. Nothing was changed.")
    return snippet


def _saved(snippet: Snippet | None) -> ResponseReturnValue:
    typed = {name: request.form.get(name, "") for name in ("name", "shortcut", "text", "shared")}
    try:
        kept = snippets.save(
            snippet, g.user, typed["name"], typed["shortcut"], typed["text"], is_shared=bool(typed["shared"])
        )
    except Problem as problem:
        db().rollback()
        return _show(snippet, typed, problem.sentence), 422
    db().commit()
    flash(f"/{kept.shortcut} is saved.", "done")
    return redirect(url_for("inbox.snippet_list"))


def _show(snippet: Snippet | None = None, typed: dict[str, str] | None = None, problem: str = "") -> str:
    values: dict[str, Any] = typed or {}
    if snippet is not None and typed is None:
        values = {
            "name": snippet.name,
            "shortcut": snippet.shortcut,
            "text": snippet.text,
            "shared": snippet.owner_id is None,
        }
    found = snippets.all_of(g.user.id)
    is_editor = permitted("content.write")
    return render_template(
        "inbox/snippets.html",
        found=found,
        changeable={one.id for one in found if snippets.may_change(one, g.user.id, is_editor=is_editor)},
        chosen=snippet,
        values=values,
        problem=problem,
        mailboxes=signing.mailboxes(),
        signatures=signing.own_signatures(g.user.id),
    )
