"""Programs that act for people: their tokens, and what they can ask for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import tokens
from loumass.accounts.api.tokens import whose
from loumass.accounts.guards import requires
from loumass.accounts.pages.blueprints import pages
from loumass.accounts.permissions import WORDS
from loumass.accounts.reference import reference
from loumass.core import links
from loumass.core.database import db
from loumass.core.errors import Problem

#: Days that a token holds -> words; 0 for as long as nobody ends it.
LIFETIMES = {30: "30 days", 90: "90 days", 365: "a year", 0: "Until somebody ends it"}
_LONGEST_NAME = 120


@pages.get("/programs")
@requires("tokens.write")
def programs() -> ResponseReturnValue:
    """Tokens, and a form for one more."""
    return _page()


@pages.post("/programs/tokens")
@requires("tokens.write")
def make_token() -> ResponseReturnValue:
    """One more; it is shown once, on the page that answers."""
    typed = {
        "name": request.form.get("name", "").strip()[:_LONGEST_NAME],
        "scopes": request.form.getlist("scopes"),
        "days": request.form.get("days", 90, type=int),
    }
    if not typed["name"]:
        return _page(problem="Give the token a name, so that you know what to end later.", typed=typed), 422
    days = typed["days"] if typed["days"] in LIFETIMES else 90
    try:
        row, secret = tokens.make(
            g.user.id, g.membership.role, None, typed["name"], typed["scopes"], days or None
        )
    except Problem as problem:
        return _page(problem=problem.sentence, typed=typed), problem.status
    db().commit()
    return _page(made={"name": row.name, "secret": secret}), 200, {"Cache-Control": "no-store"}


@pages.post("/programs/tokens/<uuid:id>/end")
@requires("tokens.write")
def end_token(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """It opens nothing from now on."""
    row = tokens.end(id, of=whose())
    db().commit()
    flash(f"{row.name} is ended. It opens nothing any more.", "done")
    return redirect(url_for(".programs"), 303)


@pages.get("/programs/reference")
@requires("tokens.write")
def show_reference() -> ResponseReturnValue:
    """Every endpoint, as the registry has it."""
    return render_template("accounts/reference.html", groups=reference(), address=links.absolute("/api/v1"))


def _page(problem: str = "", typed: dict[str, Any] | None = None, made: dict[str, str] | None = None) -> str:
    cursor = request.args.get("after") or request.args.get("before")
    may = set(tokens.scopes_of(g.membership.role, None))
    offered = {
        about: [(one, words) for one, words in named.items() if one in may] for about, named in WORDS.items()
    }
    return render_template(
        "accounts/programs.html",
        page=tokens.tokens(cursor, of=whose()),
        offered=offered,
        lifetimes=LIFETIMES,
        problem=problem,
        typed=typed or {"scopes": [], "days": 90},
        made=made,
        address=links.absolute("/api/v1"),
    )
