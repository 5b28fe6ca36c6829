"""The preview in its frame: of what is typed, before it is saved, as a chosen person would read it."""

from __future__ import annotations

from uuid import UUID

from flask import Response, g, render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.content import queries
from loumass.content.forms import FORMS
from loumass.content.models import Content
from loumass.content.pages import pages
from loumass.content.previewing import counted, frame, preview, problem_frame, values_for
from loumass.content.refusing import refusals
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
    wrong = refusals(form.draft, form.vocabulary)
    if wrong:
        named = [f"{form[name].label.text}: {sentence}" for name, sentence in wrong.items()]
        return _framed(problem_frame(" ".join(named)))
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


@pages.post("/content/segments")
@requires("content.read")
def count_segments() -> ResponseReturnValue:
    """How many segments the text takes, while it is typed, for the person chosen for the preview."""
    contact = queries.person_called(request.form.get("preview_as", ""))
    found = counted(request.form.get("text", "")[:5000], values_for(contact, g.organization, g.user))
    return render_template("content/_segments.html", counted=found, contact=contact)


def _framed(page: str) -> Response:
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY_WITH_IMAGES
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
