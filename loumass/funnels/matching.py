"""Which steps of a draft are which steps of the graph that it is a draft of. Pure.

A running graph keeps its nodes for ever, so that people, steps and messages go on pointing at them: a draft is told apart
from it by keys and kinds, and a step that comes back after it was taken out is the one that it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from loumass.funnels.graph import Graph
from loumass.funnels.node import Edge, Node


@dataclass(frozen=True, slots=True)
class Match:
    """`final` says for every step of the draft which id it has once the draft is taken over: a kept or a returning one's,
    or its own when it is new. `removed` are the running steps that go. `graph` is the draft in those ids; what its steps
    say is still the draft's."""

    final: Mapping[UUID, UUID]
    kept: frozenset[UUID]
    returning: frozenset[UUID]
    new: frozenset[UUID]
    removed: frozenset[UUID]
    graph: Graph

    def is_same(self, live: Node) -> bool:
        """Whether a running step stays."""
        return live.id in self.kept


def matched(live: Graph, draft: Graph, former: Iterable[Node] = ()) -> Match:
    """`former` are steps that the graph had once, the latest first."""
    here = {(node.key, node.kind): node.id for node in live.nodes}
    gone: dict[tuple[str, str], UUID] = {}
    for node in former:
        gone.setdefault((node.key, node.kind), node.id)
    kept = {node.id: here[node.key, node.kind] for node in draft.nodes if (node.key, node.kind) in here}
    back = {
        node.id: gone[node.key, node.kind]
        for node in draft.nodes
        if node.id not in kept and (node.key, node.kind) in gone
    }
    final = {node.id: kept.get(node.id) or back.get(node.id) or node.id for node in draft.nodes}
    return Match(
        final=final,
        kept=frozenset(kept.values()),
        returning=frozenset(back.values()),
        new=frozenset(final.values()) - set(kept.values()) - set(back.values()),
        removed=frozenset(here.values()) - set(kept.values()),
        graph=renamed(draft, final),
    )


def renamed(graph: Graph, ids: Mapping[UUID, UUID]) -> Graph:
    """The graph with other ids."""
    nodes = tuple(
        Node(ids[node.id], node.key, node.kind, node.name, node.config, node.content_id)
        for node in graph.nodes
    )
    edges = tuple(
        Edge(ids[edge.source], edge.branch, ids[edge.target])
        for edge in graph.edges
        if edge.source in ids and edge.target in ids
    )
    return Graph(nodes, edges, ids.get(graph.start) if graph.start else None)
