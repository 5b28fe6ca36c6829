"""Graphs and facts for the tests of funnels, written short."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from loumass.funnels.facts import Facts
from loumass.funnels.graph import Graph
from loumass.funnels.node import Edge, Node

NAMESPACE = UUID("0193a000-0000-7000-8000-000000000000")
CONTENT = uuid5(NAMESPACE, "content")
DENVER = ZoneInfo("America/Denver")
MONDAY = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)  # 9:00 in Denver
ENROLLMENT = uuid5(NAMESPACE, "Ann at Denver Broker Night")


def node(key: str, kind: str, content: UUID | None = None, /, **config: Any) -> Node:
    """A node called like its key; sending kinds get content of their own."""
    if kind.endswith("_send") and content is None:
        content = CONTENT
    return Node(id_of(key), key, kind, key.capitalize(), config, content)


def id_of(key: str) -> UUID:
    return uuid5(NAMESPACE, key)


def graph(*nodes: Node, ways: str = "", start: str | None = None) -> Graph:
    """``ways`` is ``"a-b, b-yes-c"``: from, optional branch (``next``), to. People start at the first node."""
    first = id_of(start) if start is not None else (nodes[0].id if nodes else None)
    return Graph(nodes, tuple(edge(way) for way in ways.split(",") if way.strip()), first)


def edge(way: str) -> Edge:
    source, *branch, target = way.strip().split("-")
    return Edge(id_of(source), branch[0] if branch else "next", id_of(target))


def facts(**known: Any) -> Facts:
    """Ann, who came to this step on Monday 2 March 2026 at 9:00 in Denver."""
    given: Mapping[str, Any] = {
        "enrollment_id": ENROLLMENT,
        "entered_at": MONDAY,
        "timezone": DENVER,
        **known,
    }
    return Facts(**given)
