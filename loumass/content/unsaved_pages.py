"""Keeping what is typed, by itself: scripts post the form here, again and again. Nobody is sent what is kept."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.content import unsaved
from loumass.content.editor import KEPT
from loumass.content.models import Content
from loumass.content.pages import pages
from loumass.content.pictures import keep_picture, paths_of
from loumass.core import words
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Problem, Refused
from loumass.core.tenancy import get_or_404


@pages.post("/content/<uuid:id>/unsaved")
@requires("content.write")
def keep_unsaved(id: UUID) -> ResponseReturnValue:  # noqa: A002  the URL's word
    """Keep what is typed over a content of the library."""
    return kept_at(id, get_or_404(Content, id).medium)


@pages.post("/content/new/<medium>/unsaved")
@requires("content.write")
def keep_unsaved_new(medium: str) -> ResponseReturnValue:
    """Keep what is typed before there is anything saved; the page made up a place for it."""
    try:
        return kept_at(UUID(request.form.get("place", "")), medium)
    except ValueError:
        raise Refused("This page is out of date. Reload it; what you typed stands here until then.") from None


@pages.post("/content/unsaved/<uuid:place_id>/discard")
@requires("content.write")
def discard_unsaved(place_id: UUID) -> ResponseReturnValue:
    """Throw away what was typed and not saved."""
    found = unsaved.unsaved_at(place_id)
    if found is None:
        raise NotFound
    unsaved.forget(place_id)
    db().commit()
    flash("What was not saved is thrown away.", "done")
    back = request.form.get("back", "")
    is_ours = back.startswith("/") and not back.startswith("//") and "\\" not in back
    return redirect(back if is_ours else url_for("content.index"))


@pages.post("/content/pictures")
@requires("content.write")
def upload_picture() -> ResponseReturnValue:
    """Keep a picture; answers what the editor shows and keeps."""
    upload = request.files.get("picture")
    try:
        if upload is None:
            raise Refused("Choose a picture first.")
        media = keep_picture(upload.stream)
    except Problem as problem:
        return _problem(problem)
    db().commit()
    return jsonify(media_id=str(media.id), src=paths_of([media.id])[media.id])


def kept_at(place_id: UUID, medium: str) -> ResponseReturnValue:
    """Keep the form that is posted; answers the revision it is, or who typed there meanwhile."""
    if medium not in KEPT:
        raise NotFound
    try:
        revision = request.form.get("unsaved_revision", 0, type=int)
        kept = unsaved.keep(place_id, medium, request.form, revision, g.user.id)
    except unsaved.TypedByTwo as conflict:
        db().rollback()
        return jsonify(sentence=conflict.sentence, revision=conflict.theirs.revision), 409
    except Problem as problem:
        db().rollback()
        return _problem(problem)
    db().commit()
    return jsonify(revision=kept.revision, at=words.moment(kept.written_at, g.organization.timezone))


def _problem(problem: Problem | Conflict) -> tuple[Response, int]:
    return jsonify(sentence=problem.sentence), problem.status
