"""A graph as the numbers and words of an SVG picture. Pure: ``templates/funnels/_drawing.html`` draws it.

Two shapes: ``down`` (the editing page: icon, name and settings in words) and ``across`` (the campaign's page:
small cards with counts, thick ways instead of numbers on them). All geometry is in SVG attributes; colours and widths of ways are classes.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import Literal
from uuid import UUID

from loumass.funnels.graph import Graph, branches_of, describe
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.base import Names
from loumass.funnels.layout import Layout, Route, Spot, layout
from loumass.funnels.node import Node
from loumass.funnels.text_width import fitted, width
from loumass.funnels.words import sentence

Direction = Literal["down", "across"]
THICKEST = 6
_MARGIN = 14
_LANE = 18  # between ways that lead back
_LABEL = 11  # font size of a way's label


@dataclass(frozen=True, slots=True)
class Counts:
    """People on the graph: ``now`` standing at a node, ``passed`` it, and how many took each drawn way."""

    now: Mapping[UUID, int] = field(default_factory=dict)
    passed: Mapping[UUID, int] = field(default_factory=dict)
    taken: Mapping[tuple[UUID, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """One step. ``here`` and ``on`` are None where no counts were given; ``aria`` says all of it in one sentence."""

    node_id: UUID
    x: float
    y: float
    icon: str
    tone: str
    label: str
    words: str
    title: str
    aria: str
    here: int | None
    on: int | None
    href: str | None
    is_selected: bool
    has_problem: bool
    is_start: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One line. ``weight`` 0 to 6 is its thickness; the label stands in a box of its own, or is empty."""

    path: str
    weight: int
    label: str
    label_x: float
    label_y: float
    label_width: float
    leads_back: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    direction: Direction
    width: float
    height: float
    card_width: float
    card_height: float
    cards: tuple[Card, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class _Shape:
    """Sizes in pixels. ``ahead`` is the gap from layer to layer, ``beside`` the gap within one."""

    direction: Direction
    card_width: float
    card_height: float
    ahead: float
    beside: float

    def corner(self, spot: Spot) -> tuple[float, float]:
        if self.direction == "across":
            x = spot.layer * (self.card_width + self.ahead)
            y = spot.row * (self.card_height + self.beside)
        else:
            x = spot.row * (self.card_width + self.beside)
            y = spot.layer * (self.card_height + self.ahead)
        return round(x + _MARGIN, 1), round(y + _MARGIN, 1)

    def ends(self, spot: Spot) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where ways enter the card's place and where they leave it."""
        x, y = self.corner(spot)
        if self.direction == "across":
            middle = round(y + self.card_height / 2, 1)
            return (x, middle), (round(x + self.card_width, 1), middle)
        middle = round(x + self.card_width / 2, 1)
        return (middle, y), (middle, round(y + self.card_height, 1))


def draw(
    graph: Graph,
    *,
    direction: Direction = "down",
    names: Names | None = None,
    counts: Counts | None = None,
    href: Callable[[UUID], str] | None = None,
    selected: UUID | None = None,
    troubled: Collection[UUID] = (),
) -> Drawing:
    """The picture of ``graph``. ``href`` makes each card a link; ``troubled`` cards are marked."""
    found = layout(graph)
    labels = {route: _label(graph, route, counts if direction == "down" else None) for route in found.routes}
    shape = _shape(direction, labels.values())
    ways = tuple(_way(shape, found, route, labels[route], _weight(route, counts)) for route in found.routes)
    marks = _Marks(graph.start, names or graph.names(), counts, href, selected, frozenset(troubled))
    cards = tuple(_card(shape, found.spots[node.id], node, marks) for node in graph.nodes)
    right, bottom = _extent(shape, found)
    return Drawing(direction, right, bottom, shape.card_width, shape.card_height, cards, ways)


def _shape(direction: Direction, labels: Collection[str]) -> _Shape:
    if direction == "down":
        return _Shape("down", card_width=244, card_height=58, ahead=44, beside=24)
    longest = max((width(label, _LABEL) + 12 for label in labels if label), default=0.0)
    return _Shape("across", card_width=136, card_height=62, ahead=max(36.0, ceil(longest) + 16), beside=18)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What is shown on the cards besides the graph itself."""

    start: UUID | None
    names: Names
    counts: Counts | None
    href: Callable[[UUID], str] | None
    selected: UUID | None
    troubled: frozenset[UUID]


def _card(shape: _Shape, spot: Spot, node: Node, marks: _Marks) -> Card:
    kind = KINDS.get(node.kind)
    words = sentence(describe(node, marks.names))
    here, on = _counted(marks.counts, node.id)
    has_problem = node.id in marks.troubled
    is_down = shape.direction == "down"
    x, y = shape.corner(spot)
    return Card(
        node_id=node.id,
        x=x,
        y=y,
        icon=kind.icon if kind else "help-circle",
        tone=kind.tone if kind else "red",
        label=fitted(node.name, 13, shape.card_width - (60 if is_down else 42)),
        words=fitted(words, 12, shape.card_width - (60 if is_down else 24)),
        title=f"{node.name}: {words}",
        aria=_aria(node.name, words, here, on, has_problem),
        here=here,
        on=on,
        href=marks.href(node.id) if marks.href else None,
        is_selected=node.id == marks.selected,
        has_problem=has_problem,
        is_start=node.id == marks.start,
    )


def _counted(counts: Counts | None, node_id: UUID) -> tuple[int, int] | tuple[None, None]:
    return (counts.now.get(node_id, 0), counts.passed.get(node_id, 0)) if counts else (None, None)


def _aria(name: str, words: str, here: int | None, on: int | None, has_problem: bool) -> str:
    parts = [f"{name}: {words}"]
    if here is not None and on is not None:
        parts += [f"{here:,} here now", f"{on:,} went on"]
    return ", ".join([*parts, "has a problem"] if has_problem else parts)


def _label(graph: Graph, route: Route, counts: Counts | None) -> str:
    """Branch names, where the step offers more than one way; the number that took them, where it is to be shown."""
    node = graph.node(route.source)
    offered = {branch.name: branch for branch in branches_of(node) or ()}
    plain = [name for name, branch in offered.items() if branch.is_required] == list(route.branches)
    words = (
        ""
        if plain and len(route.branches) == 1
        else ", ".join(_called(offered, name) for name in route.branches)
    )
    if counts is None or not counts.taken:
        return words
    taken = sum(counts.taken.get((route.source, branch), 0) for branch in route.branches)
    return f"{words} {taken:,}".strip()


def _called(offered: Mapping[str, object], name: str) -> str:
    return str(getattr(offered.get(name), "label", name))


def _weight(route: Route, counts: Counts | None) -> int:
    """0 for nobody, else 1 to 6 by the root of the share in the fullest way, so that thin ones stay seen."""
    if counts is None or not counts.taken:
        return 1
    taken = sum(counts.taken.get((route.source, branch), 0) for branch in route.branches)
    most = max(counts.taken.values())
    return min(THICKEST, ceil(THICKEST * sqrt(taken / most))) if taken else 0


def _way(shape: _Shape, found: Layout, route: Route, label: str, weight: int) -> Way:
    source, target = found.spots[route.source], found.spots[route.target]
    if route.leads_back:
        lane = [other for other in found.routes if other.leads_back].index(route)
        path, middle = _path_back(shape, found, source, target, lane)
    else:
        path, middle = _path(shape, source, (*route.via, target))
    size = round(width(label, _LABEL) + 12, 1) if label else 0.0
    return Way(path, weight, label, middle[0], middle[1], size, route.leads_back)


def _path(shape: _Shape, source: Spot, spots: tuple[Spot, ...]) -> tuple[str, tuple[float, float]]:
    """A curve from card to card, straight where it passes a layer; and the middle of its first bend."""
    here = shape.ends(source)[1]
    parts = [f"M{here[0]:g} {here[1]:g}"]
    middle: tuple[float, float] | None = None
    for spot in spots:
        enters, leaves = shape.ends(spot)
        middle = middle or ((here[0] + enters[0]) / 2, (here[1] + enters[1]) / 2)
        parts.append(_bend(shape.direction, here, enters))
        if spot is not spots[-1]:
            parts.append(f"L{leaves[0]:g} {leaves[1]:g}")
        here = leaves
    return " ".join(parts), middle or here


def _bend(direction: Direction, start: tuple[float, float], end: tuple[float, float]) -> str:
    if direction == "across":
        half = (start[0] + end[0]) / 2
        return f"C{half:g} {start[1]:g} {half:g} {end[1]:g} {end[0]:g} {end[1]:g}"
    half = (start[1] + end[1]) / 2
    return f"C{start[0]:g} {half:g} {end[0]:g} {half:g} {end[0]:g} {end[1]:g}"


def _path_back(
    shape: _Shape, found: Layout, source: Spot, target: Spot, lane: int
) -> tuple[str, tuple[float, float]]:
    """Out of the side of the card, along a lane beside everything, into the side of the target."""
    from_x, from_y = shape.corner(source)
    to_x, to_y = shape.corner(target)
    right, bottom = _edge_of_cards(shape, found)
    if shape.direction == "across":
        out, back, line = (
            from_x + shape.card_width * 0.6,
            to_x + shape.card_width * 0.4,
            bottom + _LANE * (lane + 1),
        )
        path = f"M{out:g} {from_y + shape.card_height:g} V{line:g} H{back:g} V{to_y + shape.card_height:g}"
        return path, ((out + back) / 2, line)
    out, back, line = (
        from_y + shape.card_height * 0.6,
        to_y + shape.card_height * 0.4,
        right + _LANE * (lane + 1),
    )
    path = f"M{from_x + shape.card_width:g} {out:g} H{line:g} V{back:g} H{to_x + shape.card_width:g}"
    return path, (line, (out + back) / 2)


def _edge_of_cards(shape: _Shape, found: Layout) -> tuple[float, float]:
    x, y = shape.corner(
        Spot(max(found.layers - 1, 0), max(found.rows - 1, 0.0)),
    )
    return x + shape.card_width, y + shape.card_height


def _extent(shape: _Shape, found: Layout) -> tuple[float, float]:
    right, bottom = _edge_of_cards(shape, found)
    lanes = sum(route.leads_back for route in found.routes)
    room = _LANE * lanes + (40 if lanes else 0)
    if shape.direction == "across":
        return ceil(right + _MARGIN), ceil(bottom + _MARGIN + room)
    return ceil(right + _MARGIN + room), ceil(bottom + _MARGIN)
