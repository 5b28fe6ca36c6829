"""Steps and ways of a graph changed. Every change raises the graph's revision, so that two people who edit
the same funnel notice each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from loumass.content.models import Content
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.ids import uuid7
from loumass.core.tenancy import get, get_or_404
from loumass.funnels import models, queries
from loumass.funnels.exchange import MOST_STEPS
from loumass.funnels.graph import Graph, branches_of
from loumass.funnels.kinds import KINDS
from loumass.funnels.node import Node

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Way:
    """A way into which a step is put: out of ``source`` by ``branch``; without a source, before the first step."""

    source: UUID | None = None
    branch: str = ""


def open_graph(graph_id: UUID, revision: int | None, *, only_words: bool = False) -> models.Graph:
    """The graph, locked for a change. ``revision`` is the one the person saw.

    Raises NotFound; Conflict when the graph never changes any more or somebody else changed it meanwhile.
    """
    graph = get_or_404(models.Graph, graph_id, lock=True)
    may_change_words = only_words and graph.template_id is None
    if graph.published_at is not None and not may_change_words:
        raise Conflict(
            "This version is published and never changes. Edit the draft instead."
            if graph.template_id
            else "People walk this funnel now, so its steps stay as they are. What the steps say can still be changed."
        )
    if revision is not None and revision != graph.revision:
        raise Conflict(
            "Somebody else changed this funnel since you opened the page. Nothing of yours was saved. "
            "Look at the funnel as it is now and do it again."
        )
    graph.revision += 1
    return graph


def add_step(
    graph_id: UUID, kind: str, name: str = "", *, way: Way | None = None, revision: int | None = None
) -> models.Node:
    """A new step with its kind's usual settings, put into ``way`` (None: not connected yet).

    All ways out of it lead to where ``way`` led before, so nothing comes apart. The first step of an empty
    graph is where people begin. Raises NotFound, Conflict, Refused.
    """
    graph = open_graph(graph_id, revision)
    node = append_step(graph, kind, name)
    if node.position == 0:
        graph.start_node_id = node.id
    elif way is not None:
        _put_into(graph, node, way)
    db().flush()
    return node


def append_step(graph: models.Graph, kind: str, name: str = "") -> models.Node:
    """A new step at the end of an open graph, connected to nothing. Raises Refused."""
    if kind not in KINDS:
        raise Refused("Choose a kind of step from the list.")
    keys = set(db().scalars(select(models.Node.key).where(models.Node.graph_id == graph.id)))
    if len(keys) >= MOST_STEPS:
        raise Refused(f"A funnel has at most {MOST_STEPS} steps.")
    name = checked_name(name) if name.strip() else _spare_name(kind, graph.id)
    node = models.Node(
        id=uuid7(),
        graph_id=graph.id,
        key=spare_key(name, keys | _keys_of_origin(graph)),
        kind=kind,
        name=name,
        config={},
        position=len(keys),
    )
    db().add(node)
    db().flush()
    return node


def _keys_of_origin(graph: models.Graph) -> set[str]:
    """The keys of what the graph was cloned from: a new step of a draft is none of those that people walk."""
    if graph.cloned_from_id is None:
        return set()
    return set(db().scalars(select(models.Node.key).where(models.Node.graph_id == graph.cloned_from_id)))


def _put_into(graph: models.Graph, node: models.Node, way: Way) -> None:
    if way.source is None:
        before, graph.start_node_id = graph.start_node_id, node.id
    else:
        edge = _edge(graph.id, way.source, way.branch)
        before = edge.target_id if edge else None
        connect(graph.id, way.source, {way.branch: node.id})
    if before is not None:
        offered = branches_of(_pure(node)) or ()
        connect(graph.id, node.id, {branch.name: before for branch in offered if branch.is_required})
    _number_anew(graph.id, node.id, way.source)


def _number_anew(graph_id: UUID, node_id: UUID, after: UUID | None) -> None:
    """Positions 0, 1, ... with the new step right behind the one it follows."""
    order = [node.id for node in queries.graph_of(graph_id).nodes if node.id != node_id]
    order.insert(order.index(after) + 1 if after is not None and after in order else 0, node_id)
    db().execute(update(models.Node), [
        {"organization_id": node.organization_id, "id": node.id, "position": order.index(node.id)}
        for node in db().scalars(select(models.Node).where(models.Node.graph_id == graph_id))
    ])  # fmt: skip


def connect(graph_id: UUID, source_id: UUID, ways: Mapping[str, UUID | None]) -> None:
    """Lead each branch of the step to another step, or nowhere. Raises NotFound for steps of another graph."""
    here = set(db().scalars(select(models.Node.id).where(models.Node.graph_id == graph_id)))
    if not {source_id, *(target_id for target_id in ways.values() if target_id)} <= here:
        raise NotFound
    drawn = {
        edge.branch: edge
        for edge in db().scalars(select(models.Edge).where(models.Edge.source_id == source_id))
    }
    for branch, target_id in ways.items():
        edge = drawn.get(branch)
        if target_id is None and edge is not None:
            db().delete(edge)
        elif target_id is not None and edge is not None:
            edge.target_id = target_id
        elif target_id is not None:
            db().add(models.Edge(graph_id=graph_id, source_id=source_id, branch=branch, target_id=target_id))
    db().flush()


def begin_at(graph_id: UUID, node_id: UUID, *, revision: int | None = None) -> None:
    """People begin at this step. Raises NotFound, Conflict."""
    graph = open_graph(graph_id, revision)
    if step_of(graph_id, node_id) is None:
        raise NotFound
    graph.start_node_id = node_id


def save_step(
    node: models.Node, name: str, config: Mapping[str, Any], ways: Mapping[str, UUID | None]
) -> None:
    """The step's new name, settings (checked by its kind already) and ways out.

    A branch that the new settings do not offer any more hands its way to the one branch that they newly
    offer (``no`` becomes ``timeout``), or loses it.
    """
    node.name, node.config = checked_name(name), dict(config)
    connect(node.graph_id, node.id, ways)
    offered = branches_of(_pure(node))
    drawn = list(db().scalars(select(models.Edge).where(models.Edge.source_id == node.id)))
    lost = [
        edge
        for edge in drawn
        if offered is not None and edge.branch not in {branch.name for branch in offered}
    ]
    gained = [
        b.name for b in offered or () if b.is_required and b.name not in {edge.branch for edge in drawn}
    ]
    if len(lost) == 1 and len(gained) == 1:
        lost[0].branch = gained[0]
        lost = []
    for edge in lost:
        db().delete(edge)
    db().flush()


def remove_step(graph_id: UUID, node_id: UUID, *, revision: int | None = None) -> models.Node:
    """Take the step out. What led to it leads on to where it led, if that is one step. Raises NotFound, Conflict."""
    row = open_graph(graph_id, revision)
    node = step_of(graph_id, node_id)
    if node is None:
        raise NotFound
    onward = _onward(queries.graph_of(graph_id), node_id)
    if row.start_node_id == node_id:
        row.start_node_id = onward
    into = models.Edge.target_id == node_id
    db().execute(delete(models.Edge).where(models.Edge.source_id == node_id))
    db().execute(
        update(models.Edge).where(into).values(target_id=onward)
        if onward
        else delete(models.Edge).where(into)
    )
    content = get(Content, node.content_id) if node.content_id else None
    db().flush()
    for counted in (models.NodeTurn, models.SplitTrial):
        db().execute(delete(counted).where(counted.node_id == node_id))
    db().delete(node)
    if content is not None and content.graph_id == graph_id:
        content.archived_at = clock.now()
    db().flush()
    return node


def _onward(graph: Graph, node_id: UUID) -> UUID | None:
    targets = set(graph.ways_out(node_id).values()) - {node_id}
    return targets.pop() if len(targets) == 1 else None


def step_of(graph_id: UUID, node_id: UUID) -> models.Node | None:
    """The graph's step, or None when it is another graph's."""
    node = get(models.Node, node_id)
    return node if node is not None and node.graph_id == graph_id else None


def spare_key(name: str, taken: set[str]) -> str:
    """A key from ``name`` that is not taken: ``wait-3-days``, ``wait-3-days-2``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "step"
    number = 1
    while (candidate := key if number == 1 else f"{key}-{number}") in taken:
        number += 1
    return candidate


def _spare_name(kind: str, graph_id: UUID) -> str:
    same = select(func.count()).where(models.Node.graph_id == graph_id, models.Node.kind == kind)
    count = db().scalar(same) or 0
    return KINDS[kind].label if not count else f"{KINDS[kind].label} {count + 1}"


def checked_name(name: str) -> str:
    """A step's name as it is stored. Raises Refused."""
    name = " ".join(name.split())
    if not name:
        raise Refused("Give the step a name.")
    if len(name) > LONGEST_NAME or "\x00" in name:
        raise Refused(f"The name of a step has at most {LONGEST_NAME} characters. Shorten it.")
    return name


def _edge(graph_id: UUID, source_id: UUID, branch: str) -> models.Edge | None:
    found = select(models.Edge).where(models.Edge.graph_id == graph_id, models.Edge.source_id == source_id)
    return db().scalar(found.where(models.Edge.branch == branch))


def _pure(node: models.Node) -> Node:
    return Node(node.id, node.key, node.kind, node.name, node.config, node.content_id)
