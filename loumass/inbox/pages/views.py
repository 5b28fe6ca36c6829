"""Views: the filters of an address, kept under a name."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import views
from loumass.inbox.pages.listing import kept_query


@pages.post("/inbox/views")
@requires("inbox.reply")
def save_view() -> ResponseReturnValue:
    """Keep the filters that the form, or the address it was sent to, names."""
    view = views.save(
        g.user.id, request.form.get("name", ""), request.values, is_shared="shared" in request.form
    )
    query, name = view.query, view.name
    db().commit()
    flash(f"{name} is kept{', for everybody' if 'shared' in request.form else ''}.", "done")
    return redirect(url_for(".index", **query), 303)


@pages.post("/inbox/views/<uuid:view_id>/removal")
@requires("inbox.reply")
def remove_view(view_id: UUID) -> ResponseReturnValue:
    """One's own view goes; nobody's conversation does."""
    name = views.remove(view_id, g.user.id).name
    db().commit()
    flash(f"The view {name} is gone. The conversations stay.", "done")
    return redirect(url_for(".index", **kept_query()), 303)
