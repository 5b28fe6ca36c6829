"""The rule editor of a step's form, drawn anew after each act."""

from __future__ import annotations

import re
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.contacts.rules import editor
from loumass.core.errors import NotFound
from loumass.funnels.graph_view import shown_graph
from loumass.funnels.rule_forms import drawn_rule
from loumass.funnels.step_pages import pages

_PREFIX = re.compile(r"[a-z][a-z_-]{0,40}")


@pages.post("/funnels/<uuid:graph_id>/rules/<prefix>")
@requires("templates.read")
def edit_rule(graph_id: UUID, prefix: str) -> ResponseReturnValue:
    """The editor called `prefix` after a question more, one less, or another one in its place; nothing is kept."""
    if not _PREFIX.fullmatch(prefix):
        raise NotFound
    graph = shown_graph(graph_id).graph
    raw, focus = editor.acted(editor.typed(request.form, prefix), editor.act_in(request.form, prefix))
    anew = render_template("rules/_editor.html", editor=drawn_rule(graph_id, graph, raw, prefix, focus=focus))
    return anew, {"HX-Trigger-After-Swap": "rule-changed"}
