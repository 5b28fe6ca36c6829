"""Sends in doubt: what is known of each, and a person's decision."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.words import plural
from loumass.messages import queries
from loumass.messages.outbox_queueing import ring_channels
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
    """Decide on the chosen messages, or on all that the page counted. Sending many again asks first."""
    if decision not in DECISIONS:
        raise NotFound
    chosen = _everything() if request.form.get("everything") else _chosen(request.form.getlist("ids"))
    if not chosen:
        raise Refused("No message was chosen. Tick those that you want to decide on.")
    if not queries.known(chosen):
        raise NotFound
    if decision == "send" and len(chosen) > 1 and not request.form.get("confirmed"):
        return render_template("messages/send_again.html", count=len(chosen), fields=_asked_for())
    count = decide(chosen, decision)
    if decision == "send":
        ring_channels(queries.channels_of(chosen))
    db().commit()
    flash(_sentence(count, len(chosen), decision), "done")
    return redirect(url_for(".in_doubt"))


def _everything() -> list[UUID]:
    """All sends in doubt. Raises Conflict when there are more than the person was shown."""
    ids = list(queries.ids_in_doubt())
    counted = request.form.get("counted", 0, type=int)
    if len(ids) > counted:
        more = "1 more send" if len(ids) - counted == 1 else f"{len(ids) - counted:,} more sends"
        raise Conflict(
            f"{more} came into doubt since this page was loaded. Nothing was decided: load it again."
        )
    return ids


def _asked_for() -> dict[str, str | list[str]]:
    """The choice, to be confirmed."""
    given = {name: request.form.getlist(name) for name in ("ids", "everything", "counted")}
    return {**given, "confirmed": "1"}


def _chosen(ids: list[str]) -> list[UUID]:
    try:
        return list(dict.fromkeys(UUID(one) for one in ids))
    except ValueError as problem:
        raise Refused("This form is damaged. Load the page again.") from problem


def _sentence(count: int, chosen: int, decision: str) -> str:
    said = f"{plural(count, 'message')} {_DONE[decision]}."
    return (
        said if count == chosen else f"{said} {plural(chosen - count, 'message')} had been settled meanwhile."
    )
