"""What others ask of funnels: graphs read, checked, copied and closed to changes; templates made and published."""

from __future__ import annotations

from uuid import UUID

from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.funnels import contents, models
from loumass.funnels.checking import problems_of
from loumass.funnels.choices import chosen_in, offered, words_of
from loumass.funnels.cloning import clone_graph
from loumass.funnels.graph import Graph
from loumass.funnels.kinds.base import Names
from loumass.funnels.queries import graph_of, written_in
from loumass.funnels.seeds import add_examples
from loumass.funnels.templates import create, publish

__all__ = [
    "add_examples",
    "clone_graph",
    "create",
    "freeze",
    "graph_of",
    "names_in",
    "problems_of",
    "publish",
    "written_in",
]


def names_in(graph: Graph, graph_id: UUID) -> Names:
    """What the graph's steps and contents are called."""
    return Names(
        contents=contents.called(written_in(graph_id)),
        steps=graph.names().steps,
        chosen=words_of(offered(chosen_in(graph))),
    )


def freeze(graph_id: UUID) -> None:
    """Close the graph's steps to changes: people walk it now. What its steps say can still be edited."""
    get_or_404(models.Graph, graph_id, lock=True).published_at = clock.now()
