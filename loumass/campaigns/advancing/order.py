"""In which order a slice looks at the nodes of a graph."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from loumass.funnels.graph import Graph


def walking_order(graph: Graph) -> list[UUID]:
    """Every node once, before those it leads to (loops apart): a slice that follows it meets people at most once.

    Reverse postorder of a depth-first walk, without recursion.
    """
    seen: set[UUID] = set()
    done: list[UUID] = []
    for root in _roots(graph):
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(graph.ways_out(root).values()))]
        while path:
            here, ahead = path[-1]
            target = next((one for one in ahead if one not in seen), None)
            if target is None:
                done.append(here)
                path.pop()
            else:
                seen.add(target)
                path.append((target, iter(graph.ways_out(target).values())))
    return done[::-1]


def _roots(graph: Graph) -> Iterable[UUID]:
    """The start, then whatever it does not reach: that may lead into the rest, so it comes first in the order."""
    if graph.start is not None and graph.start in graph:
        yield graph.start
    yield from (node.id for node in graph.nodes)
