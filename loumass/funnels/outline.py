"""A graph as an indented list: the same funnel for keyboards, readers and phones. Pure."""

from dataclasses import dataclass
from uuid import UUID

from loumass.funnels.graph import Graph, branches_of, describe
from loumass.funnels.kinds.base import Names
from loumass.funnels.node import Node
from loumass.funnels.words import sentence


@dataclass(frozen=True, slots=True)
class OutlineLine:
    """One step (or a pointer to one that is listed elsewhere), ``depth`` branches deep, come to by ``branch``."""

    depth: int
    branch: str
    node: Node
    words: str
    is_pointer: bool


def outline(graph: Graph, names: Names | None = None) -> list[OutlineLine]:
    """Every step once, in walking order from the start; branches indented; what nobody can come to at the end."""
    called = names or graph.names()
    lines: list[OutlineLine] = []
    listed: set[UUID] = set()
    roots = [graph.start] if graph.start and graph.start in graph else []
    for root in [*roots, *(node.id for node in graph.nodes)]:
        if root not in listed:
            _walk(graph, root, called, lines, listed)
    return lines


def _walk(graph: Graph, root: UUID, names: Names, lines: list[OutlineLine], listed: set[UUID]) -> None:
    ahead: list[tuple[UUID, int, str]] = [(root, 0, "")]
    while ahead:
        node_id, depth, branch = ahead.pop()
        node = graph.node(node_id)
        lines.append(OutlineLine(depth, branch, node, sentence(describe(node, names)), node_id in listed))
        if node_id in listed:
            continue
        listed.add(node_id)
        ways = graph.ways_out(node_id)
        labels = {offered.name: offered.label for offered in branches_of(node) or ()}
        is_fork = len(ways) > 1
        for name, target in reversed(ways.items()):
            ahead.append((target, depth + is_fork, labels.get(name, name) if is_fork else ""))


def path_words(graph: Graph, names: Names | None = None) -> str:
    """The whole funnel in sentences, one line for each step: for a picture's description."""
    lines = outline(graph, names)
    return "\n".join(_words(line) for line in lines)


def _words(line: OutlineLine) -> str:
    way = f"{line.branch}: " if line.branch else ""
    if line.is_pointer:
        return f"{way}on to {line.node.name}"
    return f"{way}{line.node.name}, {line.words}"
