"""The form of one step as a part of the builder's page. It saves itself while somebody types."""

from __future__ import annotations

from uuid import UUID

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.errors import NotFound
from loumass.funnels import forms
from loumass.funnels.graph_pages import pages
from loumass.funnels.graph_view import Shown, shown_graph
from loumass.funnels.kinds import KINDS
from loumass.funnels.node import Node
from loumass.funnels.step_pages import as_stored, keep, node_in, step_context


@pages.get("/funnels/<uuid:graph_id>/steps/<uuid:node_id>/panel")
@requires("templates.read")
def panel(graph_id: UUID, node_id: UUID) -> ResponseReturnValue:
    """The step's form, in words, and what is wrong with it."""
    shown = shown_graph(graph_id)
    node = node_in(shown, node_id)
    if node.kind not in KINDS:
        raise NotFound("This kind of step does not exist here. The step can only be deleted.")
    return _panel(shown, node, as_stored(shown, node), 200)


@pages.post("/funnels/<uuid:graph_id>/steps/<uuid:node_id>/panel")
@requires("templates.write")
def save_panel(graph_id: UUID, node_id: UUID) -> ResponseReturnValue:
    """Save the step. What cannot be saved comes back as it was typed, with the reasons."""
    shown = shown_graph(graph_id)
    node = node_in(shown, node_id)
    typed, status = keep(shown, node)
    if status == 200:
        shown = shown_graph(graph_id)
        node = node_in(shown, node_id)
        typed = as_stored(shown, node)
    elif status == 409:
        shown = shown_graph(graph_id)
    return _panel(shown, node, typed, status)


def _panel(shown: Shown, node: Node, typed: forms.TypedStep, status: int) -> ResponseReturnValue:
    page = render_template(
        "funnels/panel.html",
        shown=shown,
        graph=shown.graph,
        revision=shown.row.revision,
        kinds=KINDS,
        **step_context(shown, node, typed),
    )
    answer = make_response(page, status)
    answer.headers["X-Revision"] = str(shown.row.revision)
    return answer
