"""What one is told: mentions, what was given to one, reminders."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.core.words import plural
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import notifying


@pages.get("/notifications")
@requires("inbox.read")
def notifications() -> ResponseReturnValue:
    """The latest first; looking at a conversation makes what is said of it read."""
    cursor = request.args.get("after") or request.args.get("before")
    return render_template("inbox/notifications.html", list=notifying.news(g.user.id, cursor))


@pages.post("/notifications/read")
@requires("inbox.reply")
def read_notifications() -> ResponseReturnValue:
    """Nothing of it is new any more."""
    many = notifying.read(g.user.id)
    db().commit()
    flash(f"{plural(many, 'notification is', 'notifications are')} read.", "done")
    return redirect(url_for(".notifications"), 303)
