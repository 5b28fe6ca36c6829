"""Where the steps of a graph stand when it is drawn: in layers, with few crossings. Pure.

Layers by longest path from the start; ways that lead back are set aside; ways that pass layers get a place
in each of them (so that they run between the cards); order by barycentres; rows by least squares.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from uuid import UUID

from loumass.funnels.graph import Graph

_SWEEPS = 4
# A way that passes between cards needs less room than a card, and pulls less at those it touches: the path that
# most people walk stays straight.
_LANE, _PULL = 0.14, 0.001
# A place in a layer: a node's id, or a passing way's (source, target, layer).
Place = UUID | tuple[UUID, UUID, int]


@dataclass(frozen=True, slots=True)
class Spot:
    """``layer`` counts from the start; ``row`` is in cards, side by side, and may be a fraction."""

    layer: int
    row: float


@dataclass(frozen=True, slots=True)
class Route:
    """All ways from ``source`` to ``target`` together, by their branches, with the spots passed in between."""

    source: UUID
    target: UUID
    branches: tuple[str, ...]
    via: tuple[Spot, ...]
    leads_back: bool


@dataclass(frozen=True, slots=True)
class Layout:
    spots: dict[UUID, Spot]
    routes: tuple[Route, ...]
    layers: int
    rows: float


def layout(graph: Graph) -> Layout:
    """The places of all nodes and ways of ``graph``, wrong graphs included. An empty one has no layers."""
    pairs = _pairs(graph)
    back = _leading_back(graph, pairs)
    forward = [pair for pair in pairs if pair not in back]
    layer = _layers(graph, forward)
    chains = {pair: _chain(pair, layer) for pair in forward}
    columns = _columns(graph, layer, chains.values())
    links = [link for chain in chains.values() for link in pairwise(chain)]
    rows = _rows(_ordered(columns, links), links)
    spots = {node.id: Spot(layer[node.id], rows[node.id]) for node in graph.nodes}
    routes = tuple(
        Route(*pair, branches, _via(chains.get(pair, ()), rows), pair in back)
        for pair, branches in pairs.items()
    )
    return Layout(spots, routes, max(layer.values(), default=-1) + 1, max(rows.values(), default=0.0) + 1)


def _pairs(graph: Graph) -> dict[tuple[UUID, UUID], tuple[str, ...]]:
    pairs: dict[tuple[UUID, UUID], tuple[str, ...]] = {}
    for node in graph.nodes:
        for branch, target in graph.ways_out(node.id).items():
            pairs[node.id, target] = (*pairs.get((node.id, target), ()), branch)
    return pairs


def _leading_back(graph: Graph, pairs: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """The ways that close a loop when the graph is walked depth first from the start."""
    back: set[tuple[UUID, UUID]] = set()
    done: set[UUID] = set()
    following: dict[UUID, list[UUID]] = {}
    for source, target in pairs:
        following.setdefault(source, []).append(target)
    roots = [graph.start] if graph.start in graph and graph.start else []
    for root in [*roots, *(node.id for node in graph.nodes)]:
        if root in done:
            continue
        path, on_path = [(root, iter(following.get(root, ())))], {root}
        while path:
            here, ahead = path[-1]
            target = next(ahead, None)
            if target is None:
                path.pop()
                on_path.discard(here)
                done.add(here)
            elif target in on_path:
                back.add((here, target))
            elif target not in done:
                path.append((target, iter(following.get(target, ()))))
                on_path.add(target)
    return back


def _layers(graph: Graph, forward: Sequence[tuple[UUID, UUID]]) -> dict[UUID, int]:
    """Longest path from the nodes that nothing leads to."""
    layer = {node.id: 0 for node in graph.nodes}
    incoming = dict.fromkeys(layer, 0)
    following: dict[UUID, list[UUID]] = {}
    for source, target in forward:
        incoming[target] += 1
        following.setdefault(source, []).append(target)
    ready = [node_id for node_id, count in incoming.items() if not count]
    for here in ready:
        for target in following.get(here, ()):
            layer[target] = max(layer[target], layer[here] + 1)
            incoming[target] -= 1
            if not incoming[target]:
                ready.append(target)
    return layer


def _chain(pair: tuple[UUID, UUID], layer: dict[UUID, int]) -> tuple[Place, ...]:
    source, target = pair
    between = range(layer[source] + 1, layer[target])
    return (source, *((source, target, number) for number in between), target)


def _columns(graph: Graph, layer: dict[UUID, int], chains: Iterable[Sequence[Place]]) -> list[list[Place]]:
    columns: list[list[Place]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node_id in _walked(graph):
        columns[layer[node_id]].append(node_id)
    for chain in chains:
        for place in chain[1:-1]:
            if isinstance(place, tuple):
                columns[place[2]].append(place)
    return columns


def _walked(graph: Graph) -> list[UUID]:
    """All nodes, depth first from the start: the first way out of a step comes first."""
    order: dict[UUID, None] = {}
    roots = [node.id for node in graph.nodes]
    for root in [graph.start, *roots] if graph.start in graph and graph.start else roots:
        ahead = [root]
        while ahead:
            here = ahead.pop()
            if here not in order:
                order[here] = None
                ahead.extend(reversed(graph.ways_out(here).values()))
    return list(order)


def _ordered(columns: list[list[Place]], links: Sequence[tuple[Place, Place]]) -> list[list[Place]]:
    """Each column by the mean place of its neighbours, swept forth and back."""
    before, after = _neighbours(links)
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        neighbours = before if forth else after
        places = {place: at for column in columns for at, place in enumerate(column)}
        for column in columns if forth else reversed(columns):
            means = {
                place: _mean([places[other] for other in neighbours.get(place, ())], places[place])
                for place in column
            }
            column.sort(key=means.__getitem__)
            places.update((place, at) for at, place in enumerate(column))
    return columns


def _rows(columns: list[list[Place]], links: Sequence[tuple[Place, Place]]) -> dict[Place, float]:
    """Rows that keep each column's order and a card's distance, near to their neighbours; the least is 0."""
    before, after = _neighbours(links)
    rows: dict[Place, float] = {
        place: at for column in columns for place, at in zip(column, _offsets(column), strict=True)
    }
    # The last sweep goes forth, so that a step stands right under the one that leads to it.
    for neighbours, order in ((before, columns), (after, columns[::-1]), (before, columns)):
        for column in order:
            wanted = [_pulled(place, neighbours.get(place, ()), rows) for place in column]
            weights = [1.0 if isinstance(place, UUID) else _PULL for place in column]
            rows.update(zip(column, spread(wanted, _offsets(column), weights), strict=True))
    least = min(rows.values(), default=0.0)
    return {place: row - least for place, row in rows.items()}


def _pulled(place: Place, neighbours: Sequence[Place], rows: Mapping[Place, float]) -> float:
    """Where the neighbours would have ``place``."""
    pulls = [1.0 if isinstance(place, UUID) and isinstance(one, UUID) else _PULL for one in neighbours]
    if not pulls:
        return rows[place]
    return sum(pull * rows[one] for pull, one in zip(pulls, neighbours, strict=True)) / sum(pulls)


def _offsets(column: Sequence[Place]) -> list[float]:
    """The places of a column as near to each other as they may stand, from 0."""
    halves = [0.5 if isinstance(place, UUID) else _LANE / 2 for place in column]
    return list(accumulate((one + other for one, other in pairwise(halves)), initial=0.0))[: len(column)]


def spread(
    wanted: Sequence[float], offsets: Sequence[float] | None = None, weights: Sequence[float] | None = None
) -> list[float]:
    """The positions nearest to ``wanted`` (least squares), in the same order, as far apart as ``offsets`` (or by 1).

    Isotonic regression by pooling adjacent violators, on what is wanted less the distance that is due.
    """
    due = range(len(wanted)) if offsets is None else offsets
    pools: list[tuple[float, float, int]] = []
    for place, want, weight in zip(due, wanted, weights or [1.0] * len(wanted), strict=True):
        mean, size = want - place, 1
        while pools and pools[-1][0] > mean:
            other, heavy, others = pools.pop()
            mean, weight = (mean * weight + other * heavy) / (weight + heavy), weight + heavy  # noqa: PLW2901  the pool's
            size += others
        pools.append((mean, weight, size))
    means = [mean for mean, _, size in pools for _ in range(size)]
    return [mean + place for mean, place in zip(means, due, strict=True)]


def _neighbours(
    links: Sequence[tuple[Place, Place]],
) -> tuple[dict[Place, list[Place]], dict[Place, list[Place]]]:
    before: dict[Place, list[Place]] = {}
    after: dict[Place, list[Place]] = {}
    for source, target in links:
        before.setdefault(target, []).append(source)
        after.setdefault(source, []).append(target)
    return before, after


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _via(chain: Sequence[Place], rows: dict[Place, float]) -> tuple[Spot, ...]:
    return tuple(Spot(place[2], rows[place]) for place in chain if isinstance(place, tuple))
