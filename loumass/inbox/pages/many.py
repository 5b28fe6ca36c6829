"""What is done with several people of the list at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.words import plural
from loumass.inbox import conversing, snoozing
from loumass.inbox.blueprint import pages
from loumass.inbox.pages.listing import kept_query

_MOST = 200
_SAID = {
    "close": "closed",
    "reopen": "open again",
    "mine": "yours now",
    "read": "read",
    "snooze": "put off until tomorrow morning",
}


@pages.post("/inbox/chosen")
@requires("inbox.reply")
def change_chosen() -> ResponseReturnValue:
    """Close, take over, mark read or put off everybody who was chosen; then the list again."""
    act = request.values.get("act", "")
    if act not in _SAID:
        raise Refused("Choose what to do with them. Nothing was changed.")
    chosen = request.values.getlist("ids", type=UUID)[:_MOST]
    if not chosen:
        raise Refused("Choose somebody first. Nothing was changed.")
    ids = conversing.of_same_people(chosen)
    if not ids:
        raise NotFound
    undo = url_for(
        "inbox.change_chosen", act="reopen", ids=chosen, waited=conversing.waiting(ids), **kept_query()
    )
    _do(act, ids)
    db().commit()
    said = {"text": f"{plural(len(chosen), 'person is', 'people are')} {_SAID[act]}."}
    flash(said | {"undo": undo} if act in ("close", "snooze") else said, "done")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings
    return redirect(url_for("inbox.index", **kept_query()))


def _do(act: str, ids: Sequence[UUID]) -> None:
    if act == "close":
        conversing.close(ids)
    elif act == "reopen":
        conversing.reopen(ids, request.args.getlist("waited", type=UUID))
    elif act == "mine":
        conversing.assign(ids, g.user.id)
    elif act == "read":
        conversing.mark_read(ids)
    else:
        now, zone = clock.now(), g.user.timezone or g.organization.timezone
        conversing.snooze(ids, snoozing.until("tomorrow", now, zone))
