"""The funnel itself: the builder, and the outline that needs no script; for templates and for campaigns alike."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.funnels import editing
from loumass.funnels.graph import Graph, branches_of
from loumass.funnels.graph_view import graph_page, refuse_unless, shown_graph
from loumass.funnels.outline import outline as outlined

pages = Blueprint("graphs", __name__)


@pages.get("/funnels/<uuid:graph_id>")
@requires("templates.read")
def show(graph_id: UUID) -> ResponseReturnValue:
    """The builder. Without scripts it is the picture, and the way to the outline."""
    return graph_page(shown_graph(graph_id), template_name="funnels/builder.html")


@pages.get("/funnels/<uuid:graph_id>/outline")
@requires("templates.read")
def outline(graph_id: UUID) -> ResponseReturnValue:
    """The drawn funnel, what is wrong with it, its steps as a list, and the form for one more."""
    shown = shown_graph(graph_id)
    lines, places = outlined(shown.graph, shown.names), _places(shown.graph)
    return graph_page(shown, lines=lines, places=places, place=_likely_place(shown.graph))


def _likely_place(graph: Graph) -> str:
    """Where the next step probably goes: the first way that leads nowhere, else before the last end."""
    ways = [
        (node, branch) for node in graph.nodes for branch in branches_of(node) or () if branch.is_required
    ]
    open_ways = [(node, branch) for node, branch in ways if branch.name not in graph.ways_out(node.id)]
    likely = open_ways[:1] or ways[-1:]
    return f"{likely[0][0].id}/{likely[0][1].name}" if likely else ""


def _places(graph: Graph) -> list[tuple[str, str]]:
    """Where a new step can go: (value, words)."""
    if not graph.nodes:
        return [("", "As the first step")]
    found = [("start", "At the beginning")]
    for node in graph.nodes:
        offered = branches_of(node) or ()
        for branch in offered:
            way = (
                f", {branch.label}"
                if len([b for b in offered if b.is_required]) > 1 or not branch.is_required
                else ""
            )
            found.append((f"{node.id}/{branch.name}", f"After {node.name}{way}"))
    return [*found, ("", "Not connected yet")]


@pages.post("/funnels/<uuid:graph_id>/steps")
@requires("templates.write")
def add(graph_id: UUID) -> ResponseReturnValue:
    """Put a new step where it was asked for, and open it."""
    refuse_unless(shown_graph(graph_id).may_change_steps)
    node = editing.add_step(
        graph_id,
        request.form.get("kind", ""),
        request.form.get("name", ""),
        way=_way(request.form.get("place", "")),
        revision=request.form.get("revision", type=int),
    )
    db().commit()
    return redirect(url_for(".step", graph_id=graph_id, node_id=node.id, _anchor="step"))


def _way(place: str) -> editing.Way | None:
    if place == "start":
        return editing.Way()
    source, slash, branch = place.partition("/")
    if not slash:
        return None
    try:
        return editing.Way(UUID(source), branch)
    except ValueError:
        raise Refused("Choose from the list where the step goes.") from None


@pages.post("/funnels/<uuid:graph_id>/start")
@requires("templates.write")
def begin(graph_id: UUID) -> ResponseReturnValue:
    """People begin at another step."""
    refuse_unless(shown_graph(graph_id).may_change_steps)
    node_id = request.form.get("node_id", type=UUID)
    if node_id is None:
        raise Refused("Choose the step where people begin.")
    editing.begin_at(graph_id, node_id, revision=request.form.get("revision", type=int))
    db().commit()
    flash("People begin here now.", "done")
    return redirect(url_for(".step", graph_id=graph_id, node_id=node_id, _anchor="step"))
