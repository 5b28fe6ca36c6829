"""The preview in its frame: of what is typed, before it is saved, as a chosen person would read it."""

from __future__ import annotations

from uuid import UUID

from flask import Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.content import queries
from loumass.content.composing import Draft
from loumass.content.editor import unsaved_draft
from loumass.content.forms import FORMS
from loumass.content.models import Content
from loumass.content.pages import pages
from loumass.content.previewing import LOOKS, counted, frame, preview, problem_frame, values_for
from loumass.content.refusing import refusals
from loumass.content.sanitising import FRAME_POLICY_WITH_IMAGES
from loumass.content.service import authored
from loumass.content.typed import finished
from loumass.content.unsaved import unsaved_at
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get, get_or_404

LABELS = {
    "subject": "Subject",
    "preheader": "Preview line",
    "html": "HTML",
    "text": "Text",
    "blocks": "Blocks",
}


@pages.post("/content/preview/<medium>")
@requires("content.read")
def show_preview(medium: str) -> Response:
    """A page for the sandboxed frame beside the form; nothing is saved."""
    if medium not in FORMS:
        raise NotFound
    draft = FORMS[medium](queries.vocabulary()).draft
    return _previewed(medium, draft, request.form.get("preview_as", ""), request.form.get("look", ""))


@pages.get("/content/<uuid:id>/preview")
@requires("content.read")
def saved_preview(id: UUID) -> Response:  # noqa: A002  the URL's word
    """The newest version: what the frame shows before anything is typed."""
    medium, draft = saved_words(id)
    return _previewed(medium, draft, *_wishes())


@pages.get("/content/unsaved/<uuid:place_id>/preview")
@requires("content.read")
def unsaved_preview(place_id: UUID) -> Response:
    """What was typed last at a place; what is saved there while nothing was."""
    medium, draft = words_at(place_id)
    return _previewed(medium, draft, *_wishes())


@pages.post("/content/segments")
@requires("content.read")
def count_segments() -> ResponseReturnValue:
    """How many segments the text takes, for the person chosen for the preview."""
    contact = queries.person_called(request.form.get("preview_as", ""))
    found = counted(request.form.get("text", "")[:5000], values_for(contact, g.organization, g.user))
    return render_template("content/_segments.html", counted=found, contact=contact)


@pages.get("/content/people")
@requires("content.read")
def suggest_people() -> ResponseReturnValue:
    """Whom a preview can be read as: options of a list, while a name is typed."""
    found = queries.people_like(request.args.get("preview_as", ""))
    return render_template("content/_people.html", people=found)


@pages.get("/content/values")
@requires("content.read")
def merge_values() -> ResponseReturnValue:
    """What stands for each merge tag, for the person chosen for the preview or for an invented one."""
    contact = queries.person_called(request.args.get("preview_as", ""))
    values = values_for(contact, g.organization, g.user)
    return jsonify(
        name=contact.name if contact else "", values={name: value or "" for name, value in values.items()}
    )


def saved_words(content_id: UUID) -> tuple[str, Draft]:
    """Medium and newest words of a content. Raises NotFound."""
    content = get_or_404(Content, content_id)
    newest = queries.newest([content.id]).get(content.id)
    if newest is None:
        raise NotFound
    return content.medium, authored(newest)


def words_at(place_id: UUID) -> tuple[str, Draft]:
    """Medium and words at a place: typed and not saved, else saved. `?content` names what is saved. Raises NotFound."""
    unsaved = unsaved_at(place_id)
    if unsaved is not None:
        return unsaved.medium, unsaved_draft(unsaved, Draft())
    named = request.args.get("content", type=UUID) or place_id
    if get(Content, named) is None:
        raise NotFound
    return saved_words(named)


def _wishes() -> tuple[str, str]:
    return request.args.get("preview_as", ""), request.args.get("look", "")


def _previewed(medium: str, draft: Draft, wanted: str, look: str) -> Response:
    contact = queries.person_called(wanted)
    if wanted.strip() and contact is None:
        called = wanted.strip()
        return _framed(
            problem_frame(
                f"Nobody is called {called}. Use a name or an e-mail address of your contacts.", look
            )
        )
    wrong = refusals(draft, queries.vocabulary())
    if wrong:
        named = [f"{LABELS[name]}: {sentence}" for name, sentence in wrong.items()]
        return _framed(problem_frame(" ".join(named), look))
    try:
        found = preview(medium, finished(draft), values_for(contact, g.organization, g.user))
    except Refused as refused:
        return _framed(problem_frame(refused.sentence, look))
    return _framed(frame(found, look if look in LOOKS else ""))


def _framed(page: str) -> Response:
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY_WITH_IMAGES
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
