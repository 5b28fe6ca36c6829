"""What others ask of funnels: graphs read, checked, copied and closed to changes; templates made and published."""

from __future__ import annotations

from uuid import UUID

from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.funnels import contents, models
from loumass.funnels.checking import problems_of
from loumass.funnels.choices import named_in
from loumass.funnels.cloning import clone_graph
from loumass.funnels.comparing import Comparison, compare
from loumass.funnels.graph import Graph
from loumass.funnels.kinds.base import Names
from loumass.funnels.queries import graph_of, graphs_of, written_in
from loumass.funnels.seeds import add_examples, use_example
from loumass.funnels.templates import create, publish

__all__ = [
    "add_examples",
    "clone_graph",
    "compared",
    "create",
    "freeze",
    "graph_of",
    "graphs_of",
    "names_in",
    "problems_of",
    "publish",
    "use_example",
    "what_is_chosen",
    "written_in",
]


def names_in(graph: Graph, graph_id: UUID) -> Names:
    """What the graph's steps and contents are called."""
    return Names(
        contents=contents.called(written_in(graph_id)),
        steps=graph.names().steps,
        chosen=named_in(graph),
    )


def compared(one_id: UUID, other_id: UUID) -> Comparison:
    """What is different in the second of two stored graphs. Raises NotFound."""
    one, other = graph_of(one_id), graph_of(other_id)
    return compare(one, written_in(one_id), other, written_in(other_id), what_is_chosen(one, other))


def what_is_chosen(*graphs: Graph) -> dict[str, str]:
    """What everything that the graphs' steps may choose from a list is called, by id."""
    return named_in(*graphs)


def freeze(graph_id: UUID) -> None:
    """Close the graph's steps to changes: people walk it now. What its steps say can still be edited."""
    get_or_404(models.Graph, graph_id, lock=True).published_at = clock.now()
