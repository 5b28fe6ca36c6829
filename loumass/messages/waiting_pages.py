"""Why is this waiting? Every limit of one message with its present value: a page, and the same as a fragment for a dialog."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.errors import NotFound
from loumass.messages.gates_reading import readings_of
from loumass.messages.pages import pages


@pages.get("/messages/<uuid:id>/waiting")
@requires("contacts.read")
def waiting(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Every gate, those that refuse first."""
    found = readings_of(id)
    if found is None:
        raise NotFound("There is no such message.")
    is_fragment = bool(request.headers.get("HX-Request"))
    template = "messages/_readings.html" if is_fragment else "messages/waiting.html"
    return render_template(template, found=found)
