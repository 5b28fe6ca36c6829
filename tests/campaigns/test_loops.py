"""A loop without a wait is refused, whatever it is made of, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings

from loumass.funnels.graph import Graph, timeless_edges
from loumass.funnels.validation import problems
from tests.campaigns.drawn_graphs import graphs


@settings(
    max_examples=200, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)  # fmt: skip
@given(graphs())
def test_a_loop_without_a_wait_is_refused_and_nothing_else_is(graph: Graph) -> None:
    refused = {problem.node_id for problem in problems(graph) if problem.code == "loop"}
    timeless: dict[UUID, set[UUID]] = {}
    for edge in timeless_edges(graph):
        timeless.setdefault(edge.source, set()).add(edge.target)
    going_round = {node.id for node in graph.nodes if node.id in _ahead(timeless.get, node.id)}
    assert bool(refused) == bool(going_round)
    assert refused <= going_round


def _ahead(following: Callable[[UUID], set[UUID] | None], start: UUID) -> set[UUID]:
    """What can be reached in one step or more."""
    seen: set[UUID] = set()
    todo = list(following(start) or ())
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += following(here) or ()
    return seen
