"""A funnel's graph: nodes, edges and where people start. Immutable and pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from loumass.funnels.decisions import Go
from loumass.funnels.kinds import UnknownKind, kind_of
from loumass.funnels.kinds.base import Branch, Names
from loumass.funnels.node import Edge, Node


@dataclass(frozen=True)
class Graph:
    """``nodes`` in the order people read them; ``start`` is a node's id, or None while there is none.

    A graph may be wrong (``validation.problems`` names how); no method here raises because of that, except
    ``node``, which raises KeyError for an id that is not in it.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    start: UUID | None = None

    @cached_property
    def _by_id(self) -> dict[UUID, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def _ways(self) -> dict[UUID, dict[str, UUID]]:
        ways: dict[UUID, dict[str, UUID]] = {}
        for edge in self.edges:
            if edge.source in self._by_id and edge.target in self._by_id:
                ways.setdefault(edge.source, {}).setdefault(edge.branch, edge.target)
        return ways

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._by_id

    def node(self, node_id: UUID) -> Node:
        return self._by_id[node_id]

    def ways_out(self, node_id: UUID) -> dict[str, UUID]:
        """Where each drawn branch of the node leads. Edges from or to nowhere are left out."""
        return self._ways.get(node_id, {})

    def follow(self, node_id: UUID, way: Go) -> UUID | None:
        """The node that ``way`` leads to, or None where nothing is drawn (the enrollment then ends, finished)."""
        ways = self.ways_out(node_id)
        return ways.get(way.branch) or ways.get(way.or_else or "")

    def reachable_from(self, node_id: UUID) -> frozenset[UUID]:
        """The node itself and everything that lies ahead of it."""
        seen: set[UUID] = set()
        ahead = [node_id]
        while ahead:
            here = ahead.pop()
            if here not in seen:
                seen.add(here)
                ahead.extend(self.ways_out(here).values())
        return frozenset(seen)

    def reply_branch_ahead(self, node_id: UUID) -> bool:
        """Whether a condition on a reply stands at the node or can be reached from it."""
        return any(
            other in self and looks_for_reply(self.node(other)) for other in self.reachable_from(node_id)
        )

    def names(self) -> Names:
        """What the steps are called, by key."""
        return Names(steps={node.key: node.name for node in self.nodes})


def settings_of(node: Node) -> Any | None:
    """The settings of ``node`` as its kind's Config, or None when kind or settings cannot be read."""
    try:
        return kind_of(node.kind).read(node)
    except (UnknownKind, ValidationError):
        return None


def rules_in(graph: Graph) -> dict[UUID, tuple[dict[str, Any], ...]]:
    """The rules that steps ask, as they are kept, by step; steps without any are left out."""
    read = ((node, settings_of(node)) for node in graph.nodes)
    found = {node.id: kind_of(node.kind).rules_asked(config) for node, config in read if config is not None}
    return {node_id: rules for node_id, rules in found.items() if rules}


def skips_days_off(graph: Graph) -> bool:
    """Whether any step looks at the organization's days off."""
    known = ((node, settings_of(node)) for node in graph.nodes)
    return any(config is not None and kind_of(node.kind).skips_days_off(config) for node, config in known)


def looks_for_reply(node: Node) -> bool:
    """Whether ``node`` tells those who replied from the others."""
    config = settings_of(node)
    return config is not None and kind_of(node.kind).looks_for_reply(config)


def branches_of(node: Node) -> tuple[Branch, ...] | None:
    """The ways out that ``node`` offers, or None when that cannot be known."""
    config = settings_of(node)
    return None if config is None else kind_of(node.kind).branches(config)


def describe(node: Node, names: Names) -> str:
    """The settings of ``node`` in words."""
    config = settings_of(node)
    return "Settings cannot be read" if config is None else kind_of(node.kind).describe(node, config, names)


def timeless_edges(graph: Graph) -> Iterator[Edge]:
    """The edges that people can pass again and again without any time going by."""
    for source, ways in ((node, graph.ways_out(node.id)) for node in graph.nodes):
        config = settings_of(source)
        for branch, target in ways.items():
            if config is None or not kind_of(source.kind).breaks_loops(config, branch):
                yield Edge(source.id, branch, target)


def loops(edges: Iterable[Edge]) -> list[list[UUID]]:
    """The sets of nodes that can be walked round and round along ``edges``, each in the order it was met.

    Tarjan's strongly connected components, without recursion: a graph may be longer than the stack is deep.
    """
    following: dict[UUID, list[UUID]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
    return _Components(following).cyclic()


class _Components:
    def __init__(self, following: dict[UUID, list[UUID]]) -> None:
        self._following = following
        self._index: dict[UUID, int] = {}
        self._low: dict[UUID, int] = {}
        self._open: dict[UUID, None] = {}  # an ordered set: what is not yet in a component
        self._found: list[list[UUID]] = []

    def cyclic(self) -> list[list[UUID]]:
        for root in self._following:
            if root not in self._index:
                self._walk(root)
        return [
            group for group in self._found if len(group) > 1 or group[0] in self._following.get(group[0], ())
        ]

    def _walk(self, root: UUID) -> None:
        path = [(root, iter(self._enter(root)))]
        while path:
            here, ahead = path[-1]
            for target in ahead:
                if target not in self._index:
                    path.append((target, iter(self._enter(target))))
                    break
                if target in self._open:
                    self._low[here] = min(self._low[here], self._index[target])
            else:
                path.pop()
                self._leave(here, path[-1][0] if path else None)

    def _enter(self, node: UUID) -> list[UUID]:
        self._index[node] = self._low[node] = len(self._index)
        self._open[node] = None
        return self._following.get(node, [])

    def _leave(self, node: UUID, parent: UUID | None) -> None:
        if parent is not None:
            self._low[parent] = min(self._low[parent], self._low[node])
        if self._low[node] == self._index[node]:
            met = list(self._open)
            group = met[met.index(node) :]
            for member in group:
                del self._open[member]
            self._found.append(group)
