"""The library: what people send, written in versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.content import queries, service
from loumass.content import unsaved as unsaved_words
from loumass.content.composing import Draft
from loumass.content.editor import editor_of
from loumass.content.forms import FORMS, TextForm, VoicemailForm, WordsForm
from loumass.content.models import Content
from loumass.content.previewing import counted, values_for
from loumass.content.typed import way_of
from loumass.content.unsaved import unsaved_at
from loumass.content.voicemail_form import offer, read_voicemail
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.ids import uuid7
from loumass.core.tenancy import get_or_404

pages = Blueprint("content", __name__)


@pages.get("/content")
@requires("content.read")
def index() -> ResponseReturnValue:
    """The library."""
    words, medium = request.args.get("q", "").strip(), request.args.get("medium", "")
    is_archived = request.args.get("show") == "archived"
    cursor = request.args.get("after") or request.args.get("before")
    found = queries.library(cursor, words=words, medium=medium, is_archived=is_archived)
    return render_template(
        "content/index.html",
        found=found,
        newest=queries.newest([content.id for content in found.items]),
        is_searched=bool(words or medium),
        is_archived=is_archived,
    )


@pages.get("/content/new/<medium>")
@requires("content.write")
def new(medium: str) -> ResponseReturnValue:
    """An empty form."""
    place_id = request.args.get("place", type=UUID) or uuid7()
    unsaved = unsaved_at(place_id)
    words = unsaved.words if unsaved and unsaved.medium == medium else {}
    return _form_page(medium, _form(medium, **words), None, place_id=place_id, way=words.get("way", "blocks"))


@pages.post("/content/new/<medium>")
@requires("content.write")
def create(medium: str) -> ResponseReturnValue:
    """Make a content with its first version."""
    form = _form(medium)
    if not _is_fine(form):
        return _form_page(medium, form, None), 422
    content = service.create(str(form.name.data), medium, form.finished, g.user.id)
    _forget_unsaved(request.form.get("place", type=UUID))
    db().commit()
    flash(f"{content.name} is saved.", "done")
    return redirect(url_for(".show", id=content.id))


@pages.get("/content/<uuid:id>")
@requires("content.read")
def show(id: UUID) -> ResponseReturnValue:  # noqa: A002  the URL's word
    """One content: its newest version in the form, its history beside it."""
    content = get_or_404(Content, id)
    newest = queries.newest([content.id])[content.id]
    saved, unsaved = service.authored(newest), unsaved_at(content.id)
    words = {name: getattr(saved, name) for name in ("subject", "preheader", "html", "text", "blocks")}
    typed = unsaved.words if unsaved else {}
    form = _form(content.medium, **{"name": content.name, "way": way_of(saved), **words, **typed})
    if isinstance(form, VoicemailForm):
        form.words = saved
    return _form_page(content.medium, form, content)


@pages.post("/content/<uuid:id>")
@requires("content.write")
def save(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Save a new version; what cannot be saved comes back as it was typed."""
    content = get_or_404(Content, id)
    form = _form(content.medium)
    if not _is_fine(form):
        return _form_page(content.medium, form, content), 422
    try:
        based_on = request.form.get("based_on", type=int)
        is_new = service.save(id, str(form.name.data), form.finished, g.user.id, based_on=based_on)
    except service.SavedMeanwhile as conflict:
        db().rollback()
        form.form_errors.append(conflict.sentence)
        return _form_page(content.medium, form, get_or_404(Content, id)), 409
    _forget_unsaved(id)
    db().commit()
    version = (
        f"Version {content.version_number} is saved." if is_new else "Nothing to change: it says the same."
    )
    flash(version, "done")
    return redirect(url_for(".show", id=id))


@pages.post("/content/<uuid:id>/archive")
@requires("content.write")
def archive(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Put it away."""
    content = service.archive(id)
    db().commit()
    note: Any = {"text": f"{content.name} is archived.", "undo": url_for(".restore", id=id)}
    flash(note, "done")
    return redirect(url_for(".index"))


@pages.post("/content/<uuid:id>/restore")
@requires("content.write")
def restore(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Take it back."""
    content = service.restore(id)
    db().commit()
    flash(f"{content.name} is back in the library.", "done")
    return redirect(url_for(".show", id=id))


@pages.get("/content/<uuid:id>/versions/<int:number>")
@requires("content.read")
def version(id: UUID, number: int) -> ResponseReturnValue:  # noqa: A002
    """One version as it was saved."""
    content = get_or_404(Content, id)
    return render_template("content/version.html", content=content, version=queries.version(id, number))


@pages.post("/content/<uuid:id>/versions/<int:number>/again")
@requires("content.write")
def use_again(id: UUID, number: int) -> ResponseReturnValue:  # noqa: A002
    """Save an earlier version's words as the newest."""
    content = get_or_404(Content, id)
    service.save(id, content.name, service.authored(queries.version(id, number)), g.user.id)
    db().commit()
    flash(f"Version {number} is the newest again, as version {content.version_number}.", "done")
    return redirect(url_for(".show", id=id))


def _is_fine(form: WordsForm) -> bool:
    """Whether what was filled in can be saved; an uploaded recording is kept by then."""
    if not isinstance(form, VoicemailForm):
        return form.validate()
    is_fine = form.validate()
    form.words, form.problems = read_voicemail(request.form, request.files)
    if not form.problems and is_fine and (problem := lack(form.words)):
        form.problems = problem
    form.form_errors.extend(form.problems.values())
    return is_fine and not form.problems


def lack(words: Draft) -> dict[str, str]:
    """What a voicemail lacks to be sent, by field."""
    if words.recording:
        return {}
    if not words.text and not words.voice:
        return {"recording_file": "Choose an MP3, WAV or M4A file, or write a script."}
    if not words.text:
        return {"text": "Write what the voice says."}
    return {} if words.voice else {"text": "Choose the voice that speaks it."}


def _form(medium: str, **values: str) -> WordsForm:
    if medium not in FORMS:
        raise NotFound
    return FORMS[medium](queries.vocabulary(), data=values or None)


def _preview_src(content: Content | None, place_id: UUID) -> str:
    """What the frame shows before anything is typed."""
    if unsaved_at(place_id) is not None:
        return url_for(".unsaved_preview", place_id=place_id)
    return url_for(".saved_preview", id=content.id) if content else ""


def _forget_unsaved(place_id: UUID | None) -> None:
    if place_id is not None:
        unsaved_words.forget(place_id)


def _form_page(
    medium: str, form: WordsForm, content: Content | None, *, place_id: UUID | None = None, way: str = ""
) -> str:
    place_id = content.id if content else place_id or request.form.get("place", type=UUID) or uuid7()
    return render_template(
        "content/form.html",
        form=form,
        medium=medium,
        content=content,
        editor=editor_of(place_id, form.draft, way=way, based_on=content.version_number if content else None),
        people=queries.people_like(""),
        preview_src=_preview_src(content, place_id),
        versions=queries.versions(content.id) if content else (),
        counted=counted(form.text.data or "", values_for(None, g.organization, g.user))
        if isinstance(form, TextForm)
        else None,
        tags=queries.tags(),
        offer=offer(form.draft) if isinstance(form, VoicemailForm) else None,
    )
