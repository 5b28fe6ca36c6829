"""News for open pages, as Server-Sent Events. A page works without it."""

from __future__ import annotations

from uuid import UUID

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import permitted, requires
from loumass.core.database import db
from loumass.core.tenancy import get
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import notifying
from loumass.inbox.hearing import listener_to
from loumass.inbox.person import person_of
from loumass.inbox.streaming import stream
from loumass.messages.models import Conversation

#: Seconds. What happened before is not known any more.
_OLDEST = 900


@pages.get("/live")
@requires("dashboard.read")
def live() -> ResponseReturnValue:
    """Tells which of `?topic=...` changed, and of facts of the kinds `?event=...`, for about four minutes; then the browser comes
    back by itself. `?after=` is where it was, for one that lost its `Last-Event-ID`; without it `?drawn=` says how many seconds ago it was drawn."""
    topics, kinds = set(request.args.getlist("topic")), set(request.args.getlist("event"))
    after = request.headers.get("Last-Event-ID") or request.args.get("after")
    drawn = request.args.get("drawn", 0, type=int)
    return stream(listener_to(topics, kinds, g.user.id, permitted), after, drawn=min(max(drawn, 0), _OLDEST))


@pages.get("/live/counts")
@requires("dashboard.read")
def counts() -> ResponseReturnValue:
    """The numbers of the rail and the phone's tabs, each for its place. `?looking=` is the conversation that the page shows."""
    looking = request.args.get("looking", type=UUID)
    if looking is not None and permitted("inbox.read"):
        g.unread_notifications = _unread_beside(looking)
    return render_template("layouts/_counts.html")


def _unread_beside(conversation_id: UUID) -> int:
    """What one is told about the person on the screen is read, and never counted: the thread comes later than the count."""
    unread = notifying.unread(g.user.id)
    shown = get(Conversation, conversation_id) if unread else None
    if shown is None:
        return unread
    here = person_of(shown).conversation_ids
    if notifying.read(g.user.id, here):
        db().commit()
    # More about them may have come since.
    return notifying.unread(g.user.id, besides=here)
