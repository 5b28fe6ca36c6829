"""The graphs that people of campaigns walk: the campaign's own, and older versions that some of them finish on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.models import Campaign
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.graph import Graph
from loumass.funnels.service import graphs_of


@dataclass(frozen=True, slots=True)
class Walked:
    """A campaign's graph together with the older versions of it that people stand on: their ids are disjoint. `older` says
    of a step of such a version which one it is; `others` are their graphs."""

    graph: Graph
    older: Mapping[UUID, int] = field(default_factory=dict)
    others: tuple[UUID, ...] = ()


_ELSEWHERE = text("""
    SELECT DISTINCT node.graph_id, graph.number FROM node
    JOIN graph ON graph.organization_id = :organization_id AND graph.id = node.graph_id
    WHERE node.organization_id = :organization_id AND node.id = ANY(CAST(:nodes AS uuid[]))
""")
# The same step on every version, also where it was taken out meanwhile.
_CALLED = text("""
    SELECT node.id FROM node
    WHERE node.organization_id = :organization_id AND node.key = :key AND node.graph_id IN (
        SELECT CAST(:graph_id AS uuid) UNION
        SELECT before_graph_id FROM campaign_change
        WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND before_graph_id IS NOT NULL UNION
        SELECT removed_graph_id FROM campaign_change
        WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND removed_graph_id IS NOT NULL)
""")


def walked(graph: Graph, standing: Collection[UUID | None]) -> Walked:
    """The campaign's graph and whatever else those nodes are on. Costs nothing where everybody stands on the graph."""
    strangers = [one for one in standing if one is not None and one not in graph]
    if not strangers:
        return Walked(graph)
    rows = _elsewhere(strangers)
    graphs = graphs_of(rows)
    older = {node.id: number for one, number in rows.items() for node in graphs[one].nodes}
    return Walked(united(graph, graphs.values()), older, tuple(graphs))


def walked_by(standing: Mapping[UUID, Collection[UUID | None]]) -> dict[UUID, Graph]:
    """The same for many campaigns at once. `standing`: graph of the campaign -> where its people stand."""
    graphs = graphs_of(standing)
    strangers = {
        one: [node for node in nodes if node is not None and node not in graphs[one]]
        for one, nodes in standing.items()
    }
    if not any(strangers.values()):
        return graphs
    older = graphs_of(_elsewhere([node for nodes in strangers.values() for node in nodes]))
    return {
        one: united(graphs[one], [two for two in older.values() if any(node in two for node in nodes)])
        for one, nodes in strangers.items()
    }


def united(graph: Graph, others: Iterable[Graph]) -> Graph:
    """One graph of all: people begin where they begin in the first."""
    all_of = [graph, *others]
    return Graph(
        tuple(node for one in all_of for node in one.nodes),
        tuple(edge for one in all_of for edge in one.edges),
        graph.start,
    )


def steps_called(campaign: Campaign, key: str) -> list[UUID]:
    """The nodes that are or were the campaign's step known as `key`, on whatever version."""
    bound = {"campaign_id": campaign.id, "graph_id": campaign.graph_id, "key": key}
    return list(db().scalars(_CALLED, {"organization_id": current_organization_id(), **bound}))


def _elsewhere(nodes: Iterable[UUID]) -> dict[UUID, int]:
    bound = {"organization_id": current_organization_id(), "nodes": uuid_array(nodes)}
    return {row.graph_id: row.number or 0 for row in db().execute(_ELSEWHERE, bound)}
