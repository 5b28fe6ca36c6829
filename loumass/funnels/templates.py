"""Templates: made, renamed, duplicated, put away, published."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, func, select

from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.ids import uuid7
from loumass.core.tenancy import get_or_404
from loumass.funnels import models, queries
from loumass.funnels.checking import check
from loumass.funnels.cloning import clone_graph
from loumass.funnels.graph import Graph
from loumass.funnels.sameness import Words, say_the_same
from loumass.funnels.validation import is_ready

LONGEST_NAME = 120
LONGEST_DESCRIPTION = 500


def listed(search: str = "", *, archived: bool = False) -> Select[models.Template]:
    """Templates whose name contains ``search``; those in use, or those put away."""
    found = select(models.Template).where(
        models.Template.archived_at.is_not(None) if archived else models.Template.archived_at.is_(None)
    )
    if search.strip():
        found = found.where(models.Template.name.icontains(search.strip(), autoescape=True))
    return found


def create(name: str, description: str = "", *, author_id: UUID | None = None) -> models.Template:
    """A new template with an empty draft. Raises Refused without a name."""
    name, description = _checked(name, description)
    graph = models.Graph(id=uuid7())
    db().add(graph)
    db().flush()
    template = models.Template(
        id=uuid7(), name=name, description=description, draft_graph_id=graph.id, created_by_id=author_id
    )
    db().add(template)
    graph.template_id = template.id
    db().flush()
    return template


def rename(template_id: UUID, name: str, description: str) -> models.Template:
    """The template with its new name. Raises NotFound, Refused."""
    template = get_or_404(models.Template, template_id, lock=True)
    template.name, template.description = _checked(name, description)
    return template


def duplicate(template_id: UUID, *, author_id: UUID | None = None) -> models.Template:
    """A copy of the template's draft as a template of its own, unpublished. Raises NotFound."""
    original = get_or_404(models.Template, template_id)
    copy = models.Template(
        id=uuid7(),
        name=f"{original.name[: LONGEST_NAME - 5]} copy",
        description=original.description,
        draft_graph_id=clone_graph(original.draft_graph_id),
        created_by_id=author_id,
    )
    db().add(copy)
    get_or_404(models.Graph, copy.draft_graph_id).template_id = copy.id
    db().flush()
    return copy


def archive(template_id: UUID) -> models.Template:
    """Put the template away. Campaigns made from it go on. Raises NotFound."""
    template = get_or_404(models.Template, template_id, lock=True)
    template.archived_at = template.archived_at or clock.now()
    return template


def restore(template_id: UUID) -> models.Template:
    """Bring a template back that was put away. Raises NotFound."""
    template = get_or_404(models.Template, template_id, lock=True)
    template.archived_at = None
    return template


def publish(template_id: UUID) -> models.Graph:
    """The template's draft as its next version, which never changes.

    Raises NotFound; Conflict for a template that was put away; Refused while the draft has problems or when it
    is the same as the newest version (which is then known to be as new as the draft).
    """
    template = get_or_404(models.Template, template_id, lock=True)
    if template.archived_at is not None:
        raise Conflict(f"{template.name} was archived and cannot be published. Restore it first.")
    _refuse_unready(template)
    draft = get_or_404(models.Graph, template.draft_graph_id)
    if template.published_graph_id is not None and _is_published_already(template):
        get_or_404(models.Graph, template.published_graph_id).revision = draft.revision
        raise Refused("Nothing has changed since the newest version, so there is nothing to publish.")
    newest = select(func.max(models.Graph.number)).where(models.Graph.template_id == template.id)
    number = (db().scalar(newest) or 0) + 1
    version = get_or_404(models.Graph, clone_graph(draft.id, template_id=template.id, number=number))
    version.revision, template.published_graph_id = draft.revision, version.id
    db().flush()
    return version


def _refuse_unready(template: models.Template) -> None:
    graph = queries.graph_of(template.draft_graph_id)
    found = check(graph, queries.written_in(template.draft_graph_id))
    if not is_ready(found):
        errors = [problem for problem in found if problem.severity == "error"]
        many = "1 problem keeps" if len(errors) == 1 else f"{len(errors)} problems keep"
        raise Refused(
            f"{many} {template.name} from being published. The first: {errors[0].sentence} {errors[0].remedy}"
        )


def _is_published_already(template: models.Template) -> bool:
    if template.published_graph_id is None:
        return False
    draft, published = _whole(template.draft_graph_id), _whole(template.published_graph_id)
    return say_the_same(*draft, *published)


def _whole(graph_id: UUID) -> tuple[Graph, Words]:
    return queries.graph_of(graph_id), queries.written_in(graph_id)


def _checked(name: str, description: str) -> tuple[str, str]:
    name, description = " ".join(name.split()), description.strip()
    if not name:
        raise Refused("Give the template a name, so that people find it.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"The name is longer than {LONGEST_NAME} characters. Shorten it.")
    if len(description) > LONGEST_DESCRIPTION:
        raise Refused(f"The description is longer than {LONGEST_DESCRIPTION} characters. Shorten it.")
    if "\x00" in name + description:
        raise Refused("The name or the description holds a character that cannot be stored. Type it again.")
    return name, description
