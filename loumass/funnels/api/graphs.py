"""Funnels for the builder and for other programs: read, saved whole, and the kinds of steps there are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import g
from pydantic import ValidationError

from loumass.accounts.guards import requires
from loumass.content.api.unsaved import TypedBody, TypedOut, kept
from loumass.core.api import endpoint
from loumass.core.api.models import RowModel
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.funnels import queries
from loumass.funnels.api.blueprint import api
from loumass.funnels.api_models import (
    BranchOut,
    GraphIn,
    GraphOut,
    KindOut,
    KindsOut,
    ProblemOut,
    StepOut,
    WayOut,
)
from loumass.funnels.graph import branches_of, describe
from loumass.funnels.graph_view import Shown, refuse_unless, shown_graph
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.base import Branch, Kind, Names
from loumass.funnels.kinds.webhook import Webhook
from loumass.funnels.node import Edge, Node
from loumass.funnels.saving import WantedGraph, WantedStep, save_graph
from loumass.funnels.step_pages import node_in
from loumass.funnels.words import sentence
from loumass.outgoing import service as outgoing

#: How people come to the first step, where nobody says more.
ENTRY_WORDS = "By hand or import"
_NOBODY = UUID(int=0)
_MOST_READINGS = 5
#: Of a step that somebody removed while the funnel was read.
_NOWHERE: queries.Place = (None, None)


class TestedOut(RowModel):
    """What came of a call: the status, where anybody answered, and the problem, where there was one."""

    is_success: bool
    status: int | None
    problem: str


@endpoint(api, "GET", "/funnels/kinds", answers=KindsOut)
@requires("templates.read")
def kinds() -> KindsOut:
    """Every kind of step that there is."""
    return KindsOut(kinds=[_kind(kind) for kind in KINDS.values()])


@endpoint(api, "GET", "/funnels/<uuid:graph_id>", answers=GraphOut)
@requires("templates.read")
def read(graph_id: UUID) -> GraphOut:
    """One funnel: steps, ways and what is wrong with it."""
    return _read_as_one(graph_id)


@endpoint(api, "PUT", "/funnels/<uuid:graph_id>", takes=GraphIn, answers=GraphOut)
@requires("templates.write")
def save(graph_id: UUID, body: GraphIn) -> GraphOut:
    """Save a funnel whole. Where somebody else saved it since, 409 carries it as it is now (`current`)."""
    try:
        refuse_unless(shown_graph(graph_id).may_change_steps)
        save_graph(graph_id, _wanted(body))
    except Conflict as conflict:
        db().rollback()
        conflict.members = {"current": _read_as_one(graph_id).model_dump(mode="json")}
        raise
    db().flush()
    return _read_as_one(graph_id)


def _read_as_one(graph_id: UUID) -> GraphOut:
    """The funnel, read in several statements: again when somebody saved between them. Raises Conflict when that goes on."""
    for _ in range(_MOST_READINGS):
        read = _graph(shown_graph(graph_id))
        db().expire_all()
        if queries.revision_of(graph_id) == read.revision:
            return read
    raise Conflict("This funnel is being saved again and again. Wait a moment, then open it once more.")


def _wanted(body: GraphIn) -> WantedGraph:
    steps = [
        WantedStep(one.id, one.kind, one.name, one.config, one.key, one.x, one.y, one.content_id)
        for one in body.nodes
    ]
    return WantedGraph(
        body.revision, body.start, steps, [Edge(way.source, way.branch, way.target) for way in body.edges]
    )


def _graph(shown: Shown) -> GraphOut:
    places = queries.places_in(shown.row.id)
    return GraphOut(
        id=shown.row.id,
        revision=shown.row.revision,
        start=shown.graph.start,
        entry_words=shown.owner.ways_in[0] or ENTRY_WORDS,
        may_change_steps=shown.may_change_steps,
        may_change_words=shown.may_change_words,
        nodes=[_step(node, shown.names, places.get(node.id, _NOWHERE)) for node in shown.graph.nodes],
        edges=[WayOut(source=way.source, branch=way.branch, target=way.target) for way in shown.graph.edges],
        problems=[
            ProblemOut(
                code=one.code,
                step_id=one.node_id,
                sentence=one.sentence,
                remedy=one.remedy,
                severity=one.severity,
            )
            for one in shown.problems
        ],
    )


def _step(node: Node, names: Names, place: queries.Place) -> StepOut:
    kind = KINDS.get(node.kind)
    return StepOut(
        id=node.id,
        key=node.key,
        kind=node.kind,
        kind_label=kind.label if kind else node.kind,
        name=node.name,
        config=dict(node.config),
        x=place[0],
        y=place[1],
        content_id=node.content_id,
        icon=kind.icon if kind else "help-circle",
        tone=kind.tone if kind else "red",
        words=sentence(describe(node, names)),
        branches=_branches(branches_of(node) or ()),
    )


def _kind(kind: Kind[Any]) -> KindOut:
    fresh = Node(_NOBODY, "", kind.name, kind.label)
    try:
        branches, words = kind.branches(kind.read(fresh)), describe(fresh, Names())
    except ValidationError:  # a kind whose settings have no usual values says nothing until they are given
        branches, words = (), ""
    return KindOut(
        name=kind.name,
        label=kind.label,
        group=kind.group,
        icon=kind.icon,
        tone=kind.tone,
        hint=kind.hint,
        medium=kind.medium,
        words=sentence(words),
        branches=_branches(branches),
    )


def _branches(offered: tuple[Branch, ...]) -> list[BranchOut]:
    return [BranchOut(name=one.name, label=one.label, is_required=one.is_required) for one in offered]


@endpoint(api, "POST", "/funnels/<uuid:graph_id>/steps/<uuid:node_id>/test-call", answers=TestedOut)
@requires("templates.write")
def try_call(graph_id: UUID, node_id: UUID) -> TestedOut:
    """Call the address of a webhook step as it is saved, with an invented person, and tell what came back."""
    shown = shown_graph(graph_id)
    node = node_in(shown, node_id)
    kind = KINDS.get(node.kind)
    if not isinstance(kind, Webhook):
        raise NotFound("This step calls nobody.")
    try:
        config = kind.read(node)
        body = kind.sample(node, config, {"id": str(g.organization.id), "name": g.organization.name})
        key = outgoing.key_for(config.url, config.key)
    except (Refused, ValueError) as problem:
        raise Refused(f"{problem}".rstrip(".") + ". Nobody was called.") from problem
    db().commit()  # gives the connection back: no transaction stays open while somebody else answers
    return TestedOut.of(outgoing.call_once(config.url, key, body))


@endpoint(
    api, "PUT", "/funnels/<uuid:graph_id>/steps/<uuid:node_id>/unsaved", takes=TypedBody, answers=TypedOut
)
@requires("templates.write")
def keep_unsaved_of_step(graph_id: UUID, node_id: UUID, body: TypedBody) -> TypedOut:
    """Keep what is typed over a step's words; nobody is sent it."""
    shown = shown_graph(graph_id)
    node = node_in(shown, node_id)
    medium = KINDS[node.kind].medium if node.kind in KINDS else None
    refuse_unless(shown.may_change_words)
    if medium is None:
        raise Refused("This step says nothing to anybody. Nothing was kept.")
    return kept(node_id, medium, body)
