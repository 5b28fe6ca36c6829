"""The list of people, which stands on every page of the inbox."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.channels.models import Channel
from loumass.core.database import db
from loumass.inbox import conversing
from loumass.inbox.blueprint import pages
from loumass.inbox.counts import counts
from loumass.inbox.desk import labels, reminding, teams, views
from loumass.inbox.desk.models import COLOURS
from loumass.inbox.filters import KEPT, Filters
from loumass.inbox.narrowing import campaigns_offered, kept
from loumass.inbox.people_list import people
from loumass.inbox.reply_kinds import CHOICES
from loumass.inbox.searching import search

#: Views that are not pills, with what a menu calls them.
MORE_VIEWS = (
    ("open", "Everybody who wrote"),
    ("unanswered", "No answer from them yet"),
    ("opt-outs", "May have asked us to stop"),
    ("snoozed", "Put off until later"),
    ("closed", "Closed"),
    ("everything", "Everything"),
)
#: What an address of the inbox carries along.
QUERY = (*KEPT, "q")


@pages.get("/inbox")
@requires("inbox.read")
def index() -> ResponseReturnValue:
    """Who wrote, and nobody chosen yet."""
    return render_template("inbox/index.html", **list_context())


def list_context() -> dict[str, Any]:
    """What the left pane needs: a page of people under the filters of the address, counts and choices."""
    filters = filters_asked()
    return {
        "view": filters.view,
        "list": people(filters, request.args.get("after") or request.args.get("before")),
        "is_cut": filters.found is not None and filters.found.is_cut,
        "counts": counts(g.user.id),
        "more_views": MORE_VIEWS,
        "channels": _channels(),
        "campaigns": campaigns_offered(),
        "reply_kinds": CHOICES,
        "labels": labels.labels(),
        "colours": COLOURS,
        "teams": teams.teams(),
        "saved_views": views.views(g.user.id),
        "colleagues": conversing.who_may_answer(),
        "patience": reminding.patience(),
        "kept": kept_query(),
    }


def filters_asked() -> Filters:
    """What the address asks for; odd values are left out."""
    words = request.args.get("q", "").strip()
    return Filters.of(request.args, g.user.id, search(words) if words else None)


def kept_query() -> dict[str, Any]:
    """The filters of this address, for links that must not lose them."""
    return kept(QUERY, request.args)


def _channels() -> list[tuple[str, str]]:
    rows = db().execute(
        select(Channel.id, Channel.name, Channel.address)
        .where(Channel.archived_at.is_(None))
        .order_by(Channel.name, Channel.id)
    )
    return [(str(row.id), row.name or row.address) for row in rows]
