"""The preview in its frame: of what is typed, before it is saved, as a chosen person would read it."""

from __future__ import annotations

from uuid import UUID

from flask import Response, g, request

from loumass.accounts.guards import requires
from loumass.content import queries
from loumass.content.forms import FORMS
from loumass.content.models import Content
from loumass.content.pages import pages
from loumass.content.previewing import frame, preview, problem_frame, values_for
from loumass.content.sanitising import FRAME_POLICY_WITH_IMAGES
from loumass.content.service import draft_of
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get_or_404


@pages.post("/content/preview/<medium>")
@requires("content.read")
def show_preview(medium: str) -> Response:
    """A page for the sandboxed frame beside the form; nothing is saved."""
    if medium not in FORMS:
        raise NotFound
    wanted = request.form.get("preview_as", "").strip()
    contact = queries.person_called(wanted)
    if wanted and contact is None:
        return _framed(
            problem_frame(f"Nobody is called {wanted}. Use a name or an e-mail address of your contacts.")
        )
    form = FORMS[medium](queries.vocabulary())
    try:
        found = preview(medium, form.draft, values_for(contact, g.organization, g.user))
    except Refused as refused:
        return _framed(problem_frame(refused.sentence))
    return _framed(frame(found))


@pages.get("/content/<uuid:id>/preview")
@requires("content.read")
def saved_preview(id: UUID) -> Response:  # noqa: A002  the URL's word
    """The newest version with invented values: what the frame shows before anything is typed."""
    content = get_or_404(Content, id)
    draft = draft_of(queries.newest([content.id])[content.id])
    try:
        found = preview(content.medium, draft, values_for(None, g.organization, g.user))
    except Refused as refused:
        return _framed(problem_frame(refused.sentence))
    return _framed(frame(found))


def _framed(page: str) -> Response:
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY_WITH_IMAGES
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
