"""Sends in doubt: what is known of each, and a person's decision."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.messages import queries
from loumass.messages.settling import DECISIONS, decide

pages = Blueprint("messages", __name__)
_DONE = {"sent": "noted as sent", "send": "queued again", "drop": "dropped"}


@pages.get("/messages/in-doubt")
@requires("messages.settle")
def in_doubt() -> ResponseReturnValue:
    """The list."""
    cursor = request.args.get("after") or request.args.get("before")
    return render_template(
        "messages/in_doubt.html",
        doubts=queries.in_doubt(cursor),
        total=queries.count_in_doubt(),
    )


@pages.post("/messages/in-doubt/<decision>")
@requires("messages.settle")
def settle(decision: str) -> ResponseReturnValue:
    """Decide on the chosen messages, or on all of them."""
    if decision not in DECISIONS:
        raise NotFound
    if request.form.get("everything"):
        chosen = list(queries.ids_in_doubt())
    else:
        chosen = _chosen(request.form.getlist("ids"))
    if not chosen:
        raise Refused("No message was chosen. Tick those that you want to decide on.")
    if not queries.known(chosen):
        raise NotFound
    count = decide(chosen, decision)
    db().commit()
    flash(_sentence(count, len(chosen), decision), "done")
    return redirect(url_for(".in_doubt"))


def _chosen(ids: list[str]) -> list[UUID]:
    try:
        return [UUID(one) for one in ids]
    except ValueError as problem:
        raise Refused("This form is damaged. Load the page again.") from problem


def _sentence(count: int, chosen: int, decision: str) -> str:
    said = f"{_messages(count)} {_DONE[decision]}."
    return said if count == chosen else f"{said} {_messages(chosen - count)} had been settled meanwhile."


def _messages(count: int) -> str:
    return f"{count:,} message{'' if count == 1 else 's'}"
