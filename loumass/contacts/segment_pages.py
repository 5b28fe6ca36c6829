"""Segments: the list with its numbers, one with its people, made and changed with a look at whom the rule finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic_core import from_json

from loumass.accounts.guards import requires
from loumass.contacts import segment_counting, segments
from loumass.contacts.rules import editor
from loumass.contacts.rules.drawing import drawn
from loumass.contacts.rules.model import Group
from loumass.contacts.rules.reading import Complaint, RuleRefused, names_in, read
from loumass.contacts.rules.wording import in_words
from loumass.contacts.segment_models import Segment
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404

pages = Blueprint("segments", __name__)
PREFIX = "rule"


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it is filled in; `complaints` and `problem` say what is wrong with the rule and with the rest."""

    name: str
    description: str
    raw: editor.Raw
    complaints: tuple[Complaint, ...] = ()
    problem: str = ""
    focus: str = ""


@pages.get("/segments")
@requires("contacts.read")
def index() -> ResponseReturnValue:
    """Every segment; the numbers come after the page."""
    return render_template("segments/index.html", **_listed())


@pages.get("/segments/counts")
@requires("contacts.read")
def counts() -> ResponseReturnValue:
    """The same list with its people counted, as far as that goes at once."""
    listed = _listed()
    return render_template(
        "segments/_list.html", counts=segment_counting.counts_of(listed["page"].items), **listed
    )


@pages.get("/segments/new")
@requires("segments.write")
def new() -> ResponseReturnValue:
    """An empty rule, or the one that `?rule=` brings along."""
    return _form(Typed("", "", _brought(request.args.get("rule", ""))), None)


@pages.post("/segments/new")
@requires("segments.write")
def create() -> ResponseReturnValue:
    """Keep a new one."""
    return _saved(None)


@pages.get("/segments/<uuid:id>")
@requires("contacts.read")
def show(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """One: its rule in words, where it is asked for; its people come after the page."""
    segment = get_or_404(Segment, id)
    return render_template(
        "segments/show.html",
        segment=segment,
        words=segments.words_of([segment])[id],
        uses=segments.uses_of(id),
    )


@pages.get("/segments/<uuid:id>/people")
@requires("contacts.read")
def people(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """How many are in it now, and the first of them."""
    segment = get_or_404(Segment, id)
    try:
        found = segment_counting.look(segments.rule_of(segment))
    except RuleRefused as refusal:
        return render_template("segments/_people.html", problem=refusal.sentence)
    return render_template(
        "segments/_people.html", people=found[0], first=found[1], segment=segment, problem=""
    )


@pages.get("/segments/<uuid:id>/edit")
@requires("segments.write")
def edit(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Its rule in the editor."""
    segment = segments.live(id)
    return _form(Typed(segment.name, segment.description, segment.rule), segment)


@pages.post("/segments/<uuid:id>/edit")
@requires("segments.write")
def change(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Keep what was changed."""
    return _saved(segments.live(id))


@pages.post("/segments/<uuid:id>/copy")
@requires("segments.write")
def copy(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """One more like it."""
    made = segments.copy(get_or_404(Segment, id), g.user.id)
    db().commit()
    flash(f"{made.name} is a segment of its own now.", "done")
    return redirect(url_for(".edit", id=made.id), 303)


@pages.post("/segments/<uuid:id>/archival")
@requires("segments.write")
def archive(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Put it away, unless something asks for it."""
    segment = segments.live(id)
    segments.archive(segment)
    db().commit()
    note: Any = {"text": f"{segment.name} is put away.", "undo": url_for(".restore", id=id)}
    flash(note, "done")
    return redirect(url_for(".index"), 303)


@pages.post("/segments/<uuid:id>/restoration")
@requires("segments.write")
def restore(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Bring it back."""
    segment = get_or_404(Segment, id)
    segments.restore(segment)
    db().commit()
    flash(f"{segment.name} is in use again.", "done")
    return redirect(url_for(".show", id=id), 303)


@pages.post("/segments/editor")
@requires("contacts.read")
def edit_rule() -> ResponseReturnValue:
    """The editor after an act: a question more, one less, or another question in its place."""
    typed = _acted(_typed())
    drawn_anew = render_template("rules/_editor.html", editor=_drawn(typed))
    # Whoever shows whom the rule finds looks again, once the new fields are there.
    return drawn_anew, {"HX-Trigger-After-Swap": "rule-changed"}


@pages.post("/segments/preview")
@requires("contacts.read")
def preview() -> ResponseReturnValue:
    """Whom the rule as typed finds; nothing is kept."""
    return render_template("segments/_people.html", **_previewed(_typed().raw))


def _saved(segment: Segment | None) -> ResponseReturnValue:
    typed = _typed()
    act = editor.act_in(request.form, PREFIX)
    if act:
        return _form(_acted(typed), segment, preview=_previewed(typed.raw) if act == "look" else None)
    try:
        kept = _keep(segment, typed, read(typed.raw))
        db().commit()
    except RuleRefused as refusal:
        db().rollback()
        return _form(_wrong(typed, complaints=refusal.complaints), _anew(segment)), 422
    except Refused as refusal:
        db().rollback()
        return _form(_wrong(typed, problem=refusal.sentence), _anew(segment)), 422
    flash(f"{kept.name} is saved.", "done")
    return redirect(url_for(".show", id=kept.id), 303)


def _keep(segment: Segment | None, typed: Typed, rule: Group) -> Segment:
    if segment is None:
        return segments.add(typed.name, typed.description, rule, g.user.id)
    segments.change(segment, typed.name, typed.description, rule)
    return segment


def _typed() -> Typed:
    form = request.form
    return Typed(form.get("name", ""), form.get("description", ""), editor.typed(form, PREFIX))


def _acted(typed: Typed) -> Typed:
    raw, focus = editor.acted(typed.raw, editor.act_in(request.form, PREFIX))
    return Typed(typed.name, typed.description, raw, focus=focus)


def _wrong(typed: Typed, complaints: tuple[Complaint, ...] = (), problem: str = "") -> Typed:
    return Typed(typed.name, typed.description, typed.raw, complaints, problem)


def _anew(segment: Segment | None) -> Segment | None:
    """As it is kept, after what could not be was taken back."""
    return get_or_404(Segment, segment.id) if segment is not None else None


def _brought(rule: str) -> editor.Raw:
    if not rule:
        return editor.new_rule()
    try:
        raw: Any = from_json(rule)
    except ValueError as problem:
        raise Refused("This address is damaged. Choose the filters anew.") from problem
    try:
        return read(raw).as_json()
    except RuleRefused:
        return editor.new_rule()


def _previewed(raw: editor.Raw) -> dict[str, Any]:
    try:
        rule = read(raw)
        words = in_words(rule, names_in(rule))
        found = segment_counting.look(rule)
    except RuleRefused as refusal:
        return {"problem": refusal.sentence, "is_typing": True}
    return {"people": found[0], "first": found[1], "words": words, "problem": ""}


def _drawn(typed: Typed) -> Any:
    return drawn(
        typed.raw,
        prefix=PREFIX,
        url=url_for(".edit_rule"),
        complaints=typed.complaints,
        focus=typed.focus,
    )


def _listed() -> dict[str, Any]:
    words, is_archived = request.args.get("q", "").strip()[:80], request.args.get("show") == "archived"
    cursor = request.args.get("after") or request.args.get("before")
    page = segments.segments(cursor, words=words, is_archived=is_archived)
    return {
        "page": page,
        "is_archived": is_archived,
        "is_searched": bool(words),
        "words": segments.words_of(page.items),
    }


def _form(typed: Typed, segment: Segment | None, preview: dict[str, Any] | None = None) -> str:
    return render_template(
        "segments/form.html", typed=typed, segment=segment, editor=_drawn(typed), preview=preview
    )
