"""The button "Send me a test" of a content's page."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.content.models import Content
from loumass.content.queries import person_called
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404
from loumass.messages.pages import pages
from loumass.messages.trying_out import send_test as send


@pages.post("/content/<uuid:content_id>/test")
@requires("content.write")
def send_test(content_id: UUID) -> ResponseReturnValue:
    """Send the saved version to whoever is signed in."""
    content = get_or_404(Content, content_id)
    wanted = request.form.get("test_as", "").strip()
    contact = person_called(wanted)
    try:
        if wanted and contact is None:
            raise Refused(f"Nobody is called {wanted}. No test was sent.")
        send(content, g.user, g.organization, contact)
    except Refused as refused:
        db().rollback()
        flash(refused.sentence, "error")
        return redirect(_back(content_id))
    db().commit()
    to = g.user.email if content.medium == "email" else g.user.phone
    flash(f"Version {content.version_number} is on its way to {to}.", "done")
    return redirect(_back(content_id))


def _back(content_id: UUID) -> str:
    """The page that the button stood on: the content's own, or a step's of a funnel."""
    back = request.form.get("back", "")
    return back if back.startswith("/funnels/") else url_for("content.show", id=content_id)
