"""What a change means to whoever stands somewhere: whom a new step comes too late for, who comes by a step again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from loumass.funnels.graph import Graph


def ahead_of(graph: Graph, node_id: UUID) -> frozenset[UUID]:
    """What lies ahead of whoever stands there; the node itself only where it can be come to again."""
    return frozenset().union(*(graph.reachable_from(target) for target in graph.ways_out(node_id).values()))


def behind(graph: Graph, node_id: UUID, standing: Iterable[UUID]) -> frozenset[UUID]:
    """Of `standing` the places that lie behind the node: it leads there, and nobody comes back to it."""
    after = ahead_of(graph, node_id)
    return frozenset(
        place
        for place in standing
        if place != node_id and place in after and node_id not in ahead_of(graph, place)
    )


def met_again(
    live: Graph, proposed: Graph, moves: Mapping[UUID, UUID | None], steps: Iterable[UUID]
) -> frozenset[tuple[UUID, UUID]]:
    """(place, step): whoever stands at `place` now may come to one of `steps` that did not lie ahead of them before.

    `moves` says where they will stand: the same place, another one, or nowhere.
    """
    asked = frozenset(steps)
    found: set[tuple[UUID, UUID]] = set()
    for place, target in moves.items():
        if target is None or target not in proposed:
            continue
        after = ahead_of(proposed, target) | ({target} if target != place else frozenset())
        before = ahead_of(live, place) if place in live else frozenset()
        found |= {(place, step) for step in (after - before) & asked}
    return frozenset(found)
