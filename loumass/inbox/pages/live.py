"""News for open pages, as Server-Sent Events. A page works without it."""

from __future__ import annotations

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import permitted, requires
from loumass.inbox.blueprint import pages
from loumass.inbox.hearing import listener_to
from loumass.inbox.streaming import stream

#: Seconds. What happened before is not known any more.
_OLDEST = 900


@pages.get("/live")
@requires("dashboard.read")
def live() -> ResponseReturnValue:
    """Tells which of `?topic=...` changed, and of facts of the kinds `?event=...`, for about 25 seconds; then the browser comes
    back by itself. `?after=` is where it was, for one that lost its `Last-Event-ID`; without it `?drawn=` says how many seconds ago it was drawn."""
    topics, kinds = set(request.args.getlist("topic")), set(request.args.getlist("event"))
    after = request.headers.get("Last-Event-ID") or request.args.get("after")
    drawn = request.args.get("drawn", 0, type=int)
    return stream(listener_to(topics, kinds, g.user.id, permitted), after, drawn=min(max(drawn, 0), _OLDEST))


@pages.get("/live/counts")
@requires("dashboard.read")
def counts() -> ResponseReturnValue:
    """The numbers of the rail and the phone's tabs, each for its place."""
    return render_template("layouts/_counts.html")
