"""What all pages of one graph show: the drawing, the problems, whose it is and what may be changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import g, render_template, url_for

from loumass.accounts.guards import permitted
from loumass.content.composing import Draft
from loumass.core.errors import Conflict
from loumass.core.tenancy import get_or_404
from loumass.funnels import contents, models, queries
from loumass.funnels.checking import check
from loumass.funnels.choices import named_in
from loumass.funnels.drawing import Drawing, draw
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.base import Names
from loumass.funnels.owners import Owner, owner_of
from loumass.funnels.validation import Problem


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the pages of one graph show."""

    row: models.Graph
    graph: Graph
    names: Names
    words: dict[UUID, Draft]
    problems: list[Problem]
    owner: Owner
    template: models.Template | None
    may_change_steps: bool
    may_change_words: bool


def shown_graph(graph_id: UUID) -> Shown:
    row, graph, words = (
        get_or_404(models.Graph, graph_id),
        queries.graph_of(graph_id),
        dict(queries.written_in(graph_id)),
    )
    template = queries.template_of(graph_id)
    owner = _template_owner(template, row) if template else owner_of(graph_id) or _nobody()
    may_write = permitted("templates.write")
    return Shown(
        row=row,
        graph=graph,
        names=Names(contents.called(words), graph.names().steps, named_in(graph)),
        words=words,
        problems=check(graph, words, dead_media=owner.dead_media, has_event=owner.has_event),
        owner=owner,
        template=template,
        may_change_steps=may_write and owner.may_change_steps and row.published_at is None,
        may_change_words=may_write
        and owner.may_change_words
        and (row.published_at is None or template is None),
    )


def template_tabs(template: models.Template, here: str = "") -> list[tuple[str, str, bool]]:
    """The parts of a template's page: (label, address, whether it is this one). Which campaigns run it is a page of theirs."""
    parts = {
        "Steps": url_for("graphs.show", graph_id=template.draft_graph_id),
        "Versions and details": url_for("funnels.show", template_id=template.id),
        "Campaigns": url_for("campaigns.of_template", template_id=template.id),
    }
    return [(label, href, label == here) for label, href in parts.items()]


def _template_owner(template: models.Template, row: models.Graph) -> Owner:
    is_draft = row.id == template.draft_graph_id
    return Owner(
        name=template.name,
        list_label="Templates",
        list_href=url_for("funnels.index"),
        href=url_for("funnels.show", template_id=template.id),
        blueprint="funnels",
        tabs=tuple((label, href) for label, href, _ in template_tabs(template)),
        note="" if is_draft else f"This is version {row.number}, as it was published. It never changes.",
    )


def _nobody() -> Owner:
    return Owner(
        "Funnel", "Templates", url_for("funnels.index"), url_for("funnels.index"), may_change_steps=False
    )


def graph_page(shown: Shown, selected: UUID | None = None, *, template_name: str = "", **more: Any) -> str:
    """The page of a graph: the outline, that of the `selected` step, or another template of the same frame."""
    g.within = shown.owner.blueprint
    errors = [problem for problem in shown.problems if problem.severity == "error"]
    # The builder draws for itself.
    picture = None if template_name else _picture(shown, selected, errors)
    return render_template(
        template_name or ("funnels/step.html" if selected else "funnels/graph.html"),
        shown=shown,
        owner=shown.owner,
        template=shown.template,
        publishing=queries.publishing_of([shown.template])[shown.template.id] if shown.template else None,
        graph=shown.graph,
        revision=shown.row.revision,
        picture=picture,
        errors_found=len(errors),
        kinds=KINDS,
        **more,
    )


def _picture(shown: Shown, selected: UUID | None, errors: list[Problem]) -> Drawing:
    return draw(
        shown.graph,
        names=shown.names,
        href=lambda node_id: url_for("graphs.step", graph_id=shown.row.id, node_id=node_id, _anchor="step"),
        selected=selected,
        troubled={problem.node_id for problem in errors if problem.node_id},
    )


def refuse_unless(may_change: bool) -> None:
    if not may_change:
        raise Conflict(
            "This funnel cannot be changed as it stands. Nothing was saved. Open its page to see why."
        )
