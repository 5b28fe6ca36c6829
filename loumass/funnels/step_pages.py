"""One step: its settings, its words, its ways out; and taking it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.days_off.reading import NONE, days_off
from loumass.accounts.guards import requires
from loumass.content import queries as content_queries
from loumass.content import unsaved
from loumass.content.composing import Draft
from loumass.content.editor import KEPT, Editor, editor_of, unsaved_draft
from loumass.content.models import Content
from loumass.content.previewing import counted, values_for
from loumass.content.typed import finished, says_nothing
from loumass.content.unsaved import unsaved_at
from loumass.content.unsaved_pages import kept_at
from loumass.content.voicemail_form import offer
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.tenancy import get
from loumass.funnels import contents, editing, forms, models, queries, rule_forms
from loumass.funnels.choices import offered
from loumass.funnels.facts import KNOWN_FIELDS
from loumass.funnels.graph import Graph, branches_of, describe, settings_of
from loumass.funnels.graph_pages import pages
from loumass.funnels.graph_view import Shown, graph_page, refuse_unless, shown_graph
from loumass.funnels.kinds import KINDS, kind_of
from loumass.funnels.kinds.base import Kind
from loumass.funnels.kinds.settings import FormField, Settings, chosen_from, form_fields
from loumass.funnels.kinds.webhook import Webhook, WebhookConfig
from loumass.funnels.local_time import zone_names
from loumass.funnels.node import Node
from loumass.outgoing import service as outgoing
from loumass.tasks.service import able_members


@pages.get("/funnels/<uuid:graph_id>/steps/<uuid:node_id>")
@requires("templates.read")
def step(graph_id: UUID, node_id: UUID) -> ResponseReturnValue:
    """One step: its settings, its words, its ways out."""
    shown = shown_graph(graph_id)
    node = node_in(shown, node_id)
    if node.kind not in KINDS:  # a step of another installation, or of a later day: it can only be taken out
        return redirect(url_for(".ask_removal", graph_id=graph_id, node_id=node_id))
    return _step_page(shown, node, as_stored(shown, node))


def as_stored(shown: Shown, node: Node) -> forms.TypedStep:
    """The form of a step that nobody has typed in yet."""
    words = shown.words.get(node.content_id) if node.content_id else None
    ways = {branch: str(target) for branch, target in shown.graph.ways_out(node.id).items()}
    typed_before = unsaved_at(node.id)
    if typed_before is not None:
        words = unsaved_draft(typed_before, words or Draft())
    return forms.TypedStep(
        node.name, node.config if isinstance(node.config, dict) else {}, ways, words or Draft()
    )


def node_in(shown: Shown, node_id: UUID) -> Node:
    """The graph's step. Raises NotFound."""
    if node_id not in shown.graph:
        raise NotFound
    return shown.graph.node(node_id)


def _step_page(
    shown: Shown, node: Node, typed: forms.TypedStep, *, tried: outgoing.Answer | None = None
) -> str:
    return graph_page(shown, node.id, tried=tried, **step_context(shown, node, typed))


def step_context(shown: Shown, node: Node, typed: forms.TypedStep) -> dict[str, Any]:
    """What the form of a step needs, on its page and in the builder's panel."""
    kind, config = kind_of(node.kind), settings_of(node)
    zone = ZoneInfo(g.organization.timezone)
    fields = _fields(kind.Config, typed.settings)
    return {
        "node": node,
        "kind": kind,
        "typed": typed,
        "fields": fields,
        "editors": rule_forms.editors_of(shown, fields, typed),
        "branches": _branches(shown.graph, node),
        "in_words": describe(node, shown.names),
        "figures": kind.figures(node, config) if config is not None and shown.template is None else [],
        "example": _example(kind, config, zone) if config is not None else "",
        "step_problems": [problem for problem in shown.problems if problem.node_id == node.id],
        "counted": counted(typed.words.text if typed.words else "", values_for(None, g.organization, g.user))
        if kind.medium == "sms"
        else None,
        "tags": content_queries.tags() if kind.medium else (),
        "offer": offer(typed.words) if kind.medium == "voicemail" else None,
        "suggestions": _suggestions(shown.graph, kind.Config),
        "content": get(Content, node.content_id) if node.content_id else None,
        "preview_src": _preview_src(
            node, node.content_id is not None and typed.words == shown.words.get(node.content_id)
        ),
        "library": queries.library(kind.medium) if kind.medium else [],
        "editor": _editor(node, typed.words or Draft()) if kind.medium in KEPT else None,
        "people": content_queries.people_like("") if kind.medium else (),
    }


def _example(kind: Kind[Any], config: Any, zone: ZoneInfo) -> str:
    known = days_off() if kind.skips_days_off(config) else NONE
    return kind.example(config, clock.now(), zone, known)


def _fields(config: type[Settings], settings: Mapping[str, Any]) -> list[FormField]:
    fields = form_fields(config, settings)
    return chosen_from(fields, offered(field.chooses for field in fields))


def _editor(node: Node, words: Draft) -> Editor:
    return editor_of(node.id, words, way="blocks" if words == Draft() else "")


def _preview_src(node: Node, is_as_saved: bool) -> str:
    if unsaved_at(node.id) is not None:
        return url_for("content.unsaved_preview", place_id=node.id)
    return url_for("content.saved_preview", id=node.content_id) if is_as_saved else ""


def _branches(graph: Graph, node: Node) -> list[tuple[str, str, bool]]:
    """Ways to choose a target for: (branch, label, is offered). Drawn ones that are not offered come last."""
    offered = branches_of(node) or ()
    names = {branch.name for branch in offered}
    drawn = [branch for branch in graph.ways_out(node.id) if branch not in names]
    return [(branch.name, branch.label, True) for branch in offered] + [(name, name, False) for name in drawn]


def _suggestions(graph: Graph, config: type[Any]) -> dict[str, list[tuple[str, str]]]:
    """Lists that the settings' fields may offer while typing: (value, words), by name."""
    wanted = {field.suggests for field in form_fields(config, {})} - {""}
    plain: dict[str, Any] = {
        "tags": lambda: [(name, name) for name in queries.tag_names()],
        "fields": lambda: [(name, name) for name in _field_names()],
        "members": lambda: [(one.address, one.name) for one in able_members()],
        "webhook_keys": lambda: [(name, name) for name in outgoing.key_names()],
        "zones": lambda: [(name, name) for name in zone_names() if "/" in name],
        "steps": lambda: [
            (node.key, node.name) for node in graph.nodes if KINDS.get(node.kind, KINDS["end"]).medium
        ],
    }
    return {name: plain[name]() for name in sorted(wanted)}


def _field_names() -> list[str]:
    return [*KNOWN_FIELDS, *queries.custom_fields()]


@pages.post("/funnels/<uuid:graph_id>/steps/<uuid:node_id>")
@requires("templates.write")
def save(graph_id: UUID, node_id: UUID) -> ResponseReturnValue:
    """Save one step. What cannot be saved comes back as it was typed, with the reasons."""
    shown = shown_graph(graph_id)
    node = node_in(shown, node_id)
    asked = rule_forms.asked_to_act(node, request.form, request.files)
    if asked is not None:
        return _step_page(shown, node, asked)
    typed, status = keep(shown, node)
    if status != 200:
        return _step_page(shown if status == 422 else shown_graph(graph_id), node, typed), status
    flash(f"{typed.name} is saved.", "done")
    return redirect(url_for(".step", graph_id=graph_id, node_id=node_id, _anchor="step"))


def keep(shown: Shown, node: Node) -> tuple[forms.TypedStep, int]:
    """The step as it was typed in the request, saved and committed (200), or with what is wrong (422, 409)."""
    refuse_unless(shown.may_change_words and node.kind in KINDS)
    typed, config = forms.read_step(
        request.form, kind_of(node.kind), content_queries.vocabulary(), request.files
    )
    if not shown.may_change_steps:
        typed, config = forms.only_words(typed, node.name, node.config, settings_of(node))
    if config is None:
        return typed, 422
    try:
        row = editing.open_graph(shown.row.id, typed.revision, only_words=not shown.may_change_steps)
        _store(row, shown, node, typed, forms.stored(config, typed))
    except Conflict as conflict:
        db().rollback()
        sentence = f"{conflict.sentence.split('. ')[0]}. What you typed stands below, not saved yet. Save again to keep yours."
        return forms.with_error(typed, "", sentence), 409
    except Refused as refusal:
        db().rollback()
        return forms.with_error(typed, "", refusal.sentence), 422
    db().commit()
    return typed, 200


def _store(
    row: models.Graph, shown: Shown, node: Node, typed: forms.TypedStep, settings: dict[str, Any]
) -> None:
    stored = editing.step_of(row.id, node.id)
    if stored is None:
        raise Conflict("Somebody else took this step out meanwhile.")
    if shown.may_change_steps:
        editing.save_step(stored, typed.name, settings, _targets(row, typed))
    chosen = queries.newest_words(typed.library_id) if typed.library_id else None
    words = chosen or typed.words
    if words is not None and (stored.content_id is not None or not says_nothing(words)):
        contents.write(stored, finished(words), g.user.id)
    unsaved.forget(node.id)


def _targets(row: models.Graph, typed: forms.TypedStep) -> dict[str, UUID | None]:
    """Where the ways lead; steps that were asked for newly are made."""
    found: dict[str, UUID | None] = {}
    for branch, value in typed.ways.items():
        if value.startswith(forms.NEW_STEP):
            found[branch] = editing.append_step(row, value.removeprefix(forms.NEW_STEP)).id
        else:
            try:
                found[branch] = UUID(value) if value else None
            except ValueError:
                raise Refused("Choose from the list where each way leads.") from None
    return found


@pages.post("/funnels/<uuid:graph_id>/steps/<uuid:node_id>/unsaved")
@requires("templates.write")
def keep_unsaved(graph_id: UUID, node_id: UUID) -> ResponseReturnValue:
    """Keep what is typed over the step's words, by itself; nobody is sent it."""
    shown = shown_graph(graph_id)
    node = node_in(shown, node_id)
    refuse_unless(shown.may_change_words and node.kind in KINDS)
    return kept_at(node_id, kind_of(node.kind).medium or "")


@pages.post("/funnels/<uuid:graph_id>/steps/<uuid:node_id>/test-call")
@requires("templates.write")
def test_call(graph_id: UUID, node_id: UUID) -> ResponseReturnValue:
    """Call the address as it was typed, with an invented person, and show what came back. Nothing is saved."""
    shown = shown_graph(graph_id)
    refuse_unless(shown.may_change_words)
    node = node_in(shown, node_id)
    kind = KINDS.get(node.kind)
    if not isinstance(kind, Webhook):
        raise NotFound
    typed, config = forms.read_step(request.form, kind, content_queries.vocabulary())
    if not isinstance(config, WebhookConfig):
        return _step_page(shown, node, typed), 422
    try:
        body = kind.sample(node, config, {"id": str(g.organization.id), "name": g.organization.name})
        key = outgoing.key_for(config.url, config.key)
    except (Refused, ValueError) as problem:
        return _step_page(shown, node, forms.with_error(typed, "", f"{problem}".rstrip(".") + ".")), 422
    db().commit()
    return _step_page(shown, node, typed, tried=outgoing.call_once(config.url, key, body))


@pages.get("/funnels/<uuid:graph_id>/steps/<uuid:node_id>/removal")
@requires("templates.write")
def ask_removal(graph_id: UUID, node_id: UUID) -> ResponseReturnValue:
    """The question before a step is taken out."""
    shown = shown_graph(graph_id)
    return render_template(
        "funnels/removal.html",
        shown=shown,
        owner=shown.owner,
        node=node_in(shown, node_id),
        revision=shown.row.revision,
    )


@pages.post("/funnels/<uuid:graph_id>/steps/<uuid:node_id>/removal")
@requires("templates.write")
def remove(graph_id: UUID, node_id: UUID) -> ResponseReturnValue:
    """Take the step out; what led to it leads on."""
    refuse_unless(shown_graph(graph_id).may_change_steps)
    node = editing.remove_step(graph_id, node_id, revision=request.form.get("revision", type=int))
    db().commit()
    flash(f"{node.name} is taken out.", "done")
    return redirect(url_for(".outline", graph_id=graph_id))
