"""Rows read into the pure graph, each in a fixed number of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from loumass.contacts.models import ContactField, Tag
from loumass.content.composing import Draft
from loumass.content.models import Content, ContentVersion
from loumass.content.service import authored
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.funnels import models
from loumass.funnels.graph import Graph, branches_of
from loumass.funnels.node import Edge, Node


def graph_of(graph_id: UUID) -> Graph:
    """The pure graph, its nodes in reading order. Raises NotFound."""
    found = graphs_of([graph_id]).get(graph_id)
    if found is None:
        raise NotFound
    return found


def graphs_of(graph_ids: Iterable[UUID]) -> dict[UUID, Graph]:
    """The pure graphs of those that exist, in three statements however many."""
    ids = list(graph_ids)
    starts = (
        db()
        .execute(select(models.Graph.id, models.Graph.start_node_id).where(models.Graph.id.in_(ids)))
        .all()
    )
    nodes: dict[UUID, list[Node]] = {row.id: [] for row in starts}
    ways: dict[UUID, list[Edge]] = {row.id: [] for row in starts}
    found = select(models.Node).where(models.Node.graph_id.in_(nodes))
    for node in db().scalars(found.order_by(models.Node.position, models.Node.id)):
        pure = Node(node.id, node.key, node.kind, node.name, node.config, node.content_id)
        nodes[node.graph_id].append(pure)
    for edge in db().scalars(select(models.Edge).where(models.Edge.graph_id.in_(nodes))):
        ways[edge.graph_id].append(Edge(edge.source_id, edge.branch, edge.target_id))
    return {
        row.id: Graph(
            tuple(nodes[row.id]), tuple(sorted(ways[row.id], key=_places(nodes[row.id]))), row.start_node_id
        )
        for row in starts
    }


def revision_of(graph_id: UUID) -> int | None:
    """The number that every save of the graph raises, as it is now; None when it is gone."""
    return db().scalar(select(models.Graph.revision).where(models.Graph.id == graph_id))


def _places(nodes: Iterable[Node]) -> Callable[[Edge], tuple[int, int, str]]:
    """Orders ways as people read them: by step, then as its kind offers them (yes before no)."""
    places = {
        (node.id, branch.name): (place, number)
        for place, node in enumerate(nodes)
        for number, branch in enumerate(branches_of(node) or ())
    }
    return lambda edge: (*places.get((edge.source, edge.branch), (len(places), 0)), edge.branch)


Place = tuple[float | None, float | None]


def places_in(graph_id: UUID) -> dict[UUID, Place]:
    """Where the graph's nodes stand in the builder: (x, y) by id, None where nobody has moved them."""
    found = select(models.Node.id, models.Node.x, models.Node.y).where(models.Node.graph_id == graph_id)
    return {row.id: (row.x, row.y) for row in db().execute(found)}


def written_in(graph_id: UUID) -> Mapping[UUID, Draft]:
    """The newest words of every content that the graph's nodes send, by content id."""
    rows = db().execute(
        select(Content.id, ContentVersion)
        .join(ContentVersion, _is_newest())
        .where(Content.id.in_(select(models.Node.content_id).where(models.Node.graph_id == graph_id)))
    )
    return {content_id: authored(version) for content_id, version in rows}


def _is_newest() -> Any:
    return (
        (ContentVersion.organization_id == Content.organization_id)
        & (ContentVersion.content_id == Content.id)
        & (ContentVersion.number == Content.version_number)
    )


def library(medium: str, most: int = 200) -> list[Content]:
    """The shared contents of a medium that a step may begin with, by name."""
    found = select(Content).where(
        Content.graph_id.is_(None),
        Content.medium == medium,
        Content.archived_at.is_(None),
        Content.version_number > 0,
    )
    return list(db().scalars(found.order_by(Content.name, Content.id).limit(most)))


def newest_words(content_id: UUID) -> Draft | None:
    """What a content of the library says now; None for one that says nothing or does not exist here."""
    version = db().scalar(
        select(ContentVersion)
        .join(Content, _is_newest())
        .where(Content.id == content_id, Content.graph_id.is_(None))
    )
    return authored(version) if version else None


def custom_fields() -> list[str]:
    """The keys of the organization's own contact columns."""
    return list(db().scalars(select(ContactField.key).order_by(ContactField.key)))


def tag_names(most: int = 200) -> list[str]:
    """Tags to suggest."""
    return list(db().scalars(select(Tag.name).order_by(Tag.name).limit(most)))


def step_counts(graph_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many steps each graph has."""
    counted = select(models.Node.graph_id, func.count()).where(models.Node.graph_id.in_(list(graph_ids)))
    return {row[0]: row[1] for row in db().execute(counted.group_by(models.Node.graph_id))}


def versions_of(template_id: UUID) -> list[models.Graph]:
    """The published versions, newest first."""
    published = models.Graph.published_at.is_not(None)
    found = select(models.Graph).where(models.Graph.template_id == template_id, published)
    return list(db().scalars(found.order_by(models.Graph.number.desc())))


def template_of(graph_id: UUID) -> models.Template | None:
    """The template whose draft or version the graph is; None for a campaign's."""
    found = select(models.Template).join(
        models.Graph,
        (models.Graph.organization_id == models.Template.organization_id)
        & (models.Graph.template_id == models.Template.id),
    )
    return db().scalar(found.where(models.Graph.id == graph_id))


@dataclass(frozen=True, slots=True)
class Publishing:
    """How far a template is published: its newest version's number (None: never), and whether the draft is newer."""

    number: int | None = None
    is_draft_newer: bool = True


def publishing_of(templates: Iterable[models.Template]) -> dict[UUID, Publishing]:
    """How far each template is published, by template, in one statement."""
    draft, version = aliased(models.Graph), aliased(models.Graph)
    found = (
        select(models.Template.id, version.number, draft.revision > version.revision)
        .join(draft, _is(draft, models.Template.draft_graph_id))
        .join(version, _is(version, models.Template.published_graph_id))
        .where(models.Template.id.in_([template.id for template in templates]))
    )
    published = {row[0]: Publishing(row[1], row[2]) for row in db().execute(found)}
    return {template.id: published.get(template.id, Publishing()) for template in templates}


def _is(graph: Any, graph_id: Any) -> Any:
    return (graph.organization_id == models.Template.organization_id) & (graph.id == graph_id)


def kinds_in(graph_ids: Iterable[UUID]) -> dict[UUID, Counter[str]]:
    """How many steps of each kind every graph has."""
    counted = select(models.Node.graph_id, models.Node.kind, func.count()).where(
        models.Node.graph_id.in_(list(graph_ids))
    )
    found: dict[UUID, Counter[str]] = {}
    for graph_id, kind, count in db().execute(counted.group_by(models.Node.graph_id, models.Node.kind)):
        found.setdefault(graph_id, Counter())[kind] = count
    return found
