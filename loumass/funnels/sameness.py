"""Whether two graphs say the same, whatever their rows are called. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from loumass.content.composing import Draft
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import kind_of
from loumass.funnels.node import Node

Words = Mapping[UUID, Draft]


def say_the_same(one: Graph, words: Words, other: Graph, other_words: Words) -> bool:
    """Steps, settings, words and ways of graphs without problems. A setting that was not there yet when a step was saved
    counts as its default."""
    return _told(one, words) == _told(other, other_words)


def _told(graph: Graph, words: Words) -> tuple[Any, ...]:
    keys = {node.id: node.key for node in graph.nodes}
    steps = [
        (
            node.key,
            node.kind,
            node.name,
            _settings(node),
            words.get(node.content_id) if node.content_id else None,
        )
        for node in graph.nodes
    ]
    ways = [(keys[edge.source], edge.branch, keys[edge.target]) for edge in graph.edges]
    return keys.get(graph.start) if graph.start else None, steps, ways


def _settings(node: Node) -> dict[str, Any]:
    return kind_of(node.kind).Config.model_validate(node.config).model_dump(mode="json")
