"""Templates: the list, a new one, one template's details and versions, and what is done with it as a whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.core.database import db
from loumass.core.errors import NotFound, Problem, Refused
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.funnels import models, queries, service, templates
from loumass.funnels.graph_view import template_tabs
from loumass.funnels.kinds import KINDS
from loumass.funnels.seeds.gallery import GALLERY, example_called

pages = Blueprint("funnels", __name__)


@pages.get("/templates")
@requires("templates.read")
def index() -> ResponseReturnValue:
    """All templates, newest first."""
    search, is_archive = request.args.get("q", ""), request.args.get("show") == "archived"
    cursor = request.args.get("after") or request.args.get("before")
    keys = (models.Template.created_at, models.Template.id)
    found = page(templates.listed(search, archived=is_archive), keys, cursor, descending=True)
    return render_template(
        "funnels/index.html",
        found=found,
        is_archive=is_archive,
        is_searched=bool(search.strip()),
        kinds=queries.kinds_in(template.draft_graph_id for template in found.items),
        states=queries.publishing_of(found.items),
    )


@pages.get("/templates/new")
@requires("templates.write")
def new() -> ResponseReturnValue:
    """A new template: empty, or one of the gallery's."""
    return _new_page("", "")


@pages.post("/templates")
@requires("templates.write")
def create() -> ResponseReturnValue:
    """Make an empty template and open it."""
    name, description = request.form.get("name", ""), request.form.get("description", "")
    try:
        template = service.create(name, description, author_id=g.user.id)
    except Refused as refusal:
        return _new_page(name, description, refusal.sentence), 422
    db().commit()
    return redirect(url_for("graphs.show", graph_id=template.draft_graph_id))


def _new_page(name: str, description: str, error: str = "") -> str:
    return render_template(
        "funnels/new.html", name=name, description=description, error=error, examples=GALLERY, kinds=KINDS
    )


@pages.post("/templates/examples/<slug>")
@requires("templates.write")
def use_example(slug: str) -> ResponseReturnValue:
    """Make a template of the organization's own from one of the gallery's, and open it."""
    example = example_called(slug)
    if example is None:
        raise NotFound
    template = service.use_example(example, author_id=g.user.id)
    db().commit()
    if template.published_graph_id is None:
        flash(
            f"{template.name} is added as a draft: something is to be chosen before it can be published.",
            "done",
        )
    else:
        flash(f"{template.name} is added and ready to use.", "done")
    return redirect(url_for("graphs.show", graph_id=template.draft_graph_id))


@pages.post("/templates/examples")
@requires("templates.write")
def add_examples() -> ResponseReturnValue:
    """Add the three example templates."""
    added = service.add_examples(author_id=g.user.id)
    db().commit()
    flash(f"{len(added)} examples added." if added else "The examples are here already.", "done")
    return redirect(url_for(".index"))


@pages.get("/templates/<uuid:template_id>")
@requires("templates.read")
def show(template_id: UUID) -> ResponseReturnValue:
    """Name, description and versions of one template."""
    template = get_or_404(models.Template, template_id)
    return _details(template, template.name, template.description)


def _details(template: models.Template, name: str, description: str, error: str = "") -> ResponseReturnValue:
    versions = queries.versions_of(template.id)
    return render_template(
        "funnels/show.html",
        template=template,
        versions=versions,
        publishing=queries.publishing_of([template])[template.id],
        steps=queries.step_counts(version.id for version in versions),
        name=name,
        description=description,
        error=error,
    )


@pages.context_processor
def _tabs() -> dict[str, Any]:
    return {"template_tabs": template_tabs}


@pages.get("/templates/<uuid:template_id>/versions/compare")
@requires("templates.read")
def compare_versions(template_id: UUID) -> ResponseReturnValue:
    """Two versions side by side; the draft counts as the newest."""
    template = get_or_404(models.Template, template_id)
    found = queries.versions_of(template_id)
    graphs = {str(version.number): version.id for version in found} | {"draft": template.draft_graph_id}
    newest = [str(version.number) for version in found[:2]] or ["draft"]
    one, other = request.args.get("from", newest[-1]), request.args.get("to", newest[0])
    if one not in graphs or other not in graphs:
        raise NotFound
    return render_template(
        "funnels/compare.html",
        template=template,
        publishing=queries.publishing_of([template])[template.id],
        offered=[(number, "the draft" if number == "draft" else number) for number in graphs],
        one=one,
        other=other,
        comparison=service.compared(graphs[one], graphs[other]),
        kinds=KINDS,
    )


@pages.post("/templates/<uuid:template_id>")
@requires("templates.write")
def save(template_id: UUID) -> ResponseReturnValue:
    """Rename the template."""
    name, description = request.form.get("name", ""), request.form.get("description", "")
    template = get_or_404(models.Template, template_id)
    try:
        templates.rename(template_id, name, description)
    except Refused as refusal:
        return _details(template, name, description, refusal.sentence), 422  # pyright: ignore[reportReturnType]  a page and its status
    db().commit()
    flash("Saved.", "done")
    return redirect(url_for(".show", template_id=template_id))


@pages.post("/templates/<uuid:template_id>/copies")
@requires("templates.write")
def duplicate(template_id: UUID) -> ResponseReturnValue:
    """A copy of the template, opened."""
    copy = templates.duplicate(template_id, author_id=g.user.id)
    db().commit()
    flash(f"This is the copy, called {copy.name}. Nothing you change here touches the original.", "done")
    return redirect(url_for("graphs.show", graph_id=copy.draft_graph_id))


@pages.post("/templates/<uuid:template_id>/archive")
@requires("templates.write")
def archive(template_id: UUID) -> ResponseReturnValue:
    """Put the template away; the note offers to undo it."""
    template = templates.archive(template_id)
    audit("template.archived", "template", template.id)
    db().commit()
    undo = url_for(".restore", template_id=template.id)
    flash({"text": f"{template.name} is archived. Campaigns made from it go on.", "undo": undo}, "done")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings
    return redirect(url_for(".index"))


@pages.post("/templates/<uuid:template_id>/restored")
@requires("templates.write")
def restore(template_id: UUID) -> ResponseReturnValue:
    """Bring the template back."""
    template = templates.restore(template_id)
    audit("template.restored", "template", template.id)
    db().commit()
    flash(f"{template.name} is back.", "done")
    return redirect(url_for("graphs.show", graph_id=template.draft_graph_id))


@pages.post("/templates/<uuid:template_id>/versions")
@requires("templates.write")
def publish(template_id: UUID) -> ResponseReturnValue:
    """Make the draft the next version. What keeps it from that is told on the draft's page."""
    template = get_or_404(models.Template, template_id)
    try:
        version = service.publish(template_id)
    except Problem as refusal:
        db().commit()
        flash(refusal.sentence, "error")
        return redirect(url_for("graphs.show", graph_id=template.draft_graph_id))
    audit("template.published", "template", template_id, number=version.number)
    db().commit()
    flash(f"Version {version.number} is published. New campaigns are made from it.", "done")
    return redirect(url_for("graphs.show", graph_id=template.draft_graph_id))
