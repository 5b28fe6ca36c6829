"""Templates: listed, made, renamed, copied, published, put away."""

from __future__ import annotations

from datetime import datetime
from typing import IO, Annotated
from uuid import UUID

from flask import Response, g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.core.api import CSV, ApiModel, endpoint
from loumass.core.api.models import (
    SAID_ON_A_LINE,
    Flag,
    Id,
    Line,
    ListOut,
    PageOut,
    PageQuery,
    RowModel,
    flag,
    listed,
    paged,
)
from loumass.core.errors import NotFound, Refused
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.funnels import queries, service, templates
from loumass.funnels.api.blueprint import api
from loumass.funnels.api_models import ComparisonOut
from loumass.funnels.csv_format import LARGEST_FILE, UnreadableTemplate, read
from loumass.funnels.file_pages import decoded, template_file
from loumass.funnels.models import Graph, Template
from loumass.funnels.seeds import add_written
from loumass.funnels.seeds.gallery import GALLERY, example_called

ONE = "/templates/<uuid:template_id>"
Named = Annotated[str, Field(min_length=1, max_length=80, pattern=SAID_ON_A_LINE)]


class TemplateQuery(PageQuery):
    """By a part of the name; those in use, or those put away."""

    q: Line | None = None
    archived: Flag = "false"


class TemplateOut(RowModel):
    """A reusable funnel. Its steps are `GET /funnels/{draft_graph_id}`; campaigns are made from the published version."""

    id: UUID
    name: str
    description: str
    draft_graph_id: UUID
    published_graph_id: UUID | None
    created_at: datetime
    archived_at: datetime | None


class TemplateBody(ApiModel):
    """What it is called, and what it is for."""

    name: Named
    description: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = ""


class VersionOut(RowModel):
    """A published version, which never changes."""

    id: UUID
    number: int | None
    published_at: datetime | None


class ExampleOut(ApiModel):
    """A template of the gallery."""

    slug: str
    name: str
    purpose: str
    needs: str


class CompareQuery(ApiModel):
    """Two versions by their numbers; `draft` is the newest."""

    before: Annotated[str, Field(pattern=r"^([1-9][0-9]{0,5}|draft)$")]
    after: Annotated[str, Field(pattern=r"^([1-9][0-9]{0,5}|draft)$")] = "draft"


class FileQuery(ApiModel):
    """A published version by its id; without it the draft."""

    version: Id | None = None


@endpoint(api, "GET", "/templates", asks=TemplateQuery, answers=PageOut[TemplateOut], also=["/templates"])
@requires("templates.read")
def list_templates(query: TemplateQuery) -> PageOut[TemplateOut]:
    """Templates, the latest first."""
    found = templates.listed(query.q or "", archived=bool(flag(query.archived)))
    keys = (Template.created_at, Template.id)
    return paged(page(found, keys, query.cursor, descending=True, size=query.limit), TemplateOut.of)


@endpoint(api, "POST", "/templates", takes=TemplateBody, answers=TemplateOut, status=201, also=["/templates"])
@requires("templates.write")
def create_template(body: TemplateBody) -> TemplateOut:
    """Make an empty one; its steps are saved by `PUT /funnels/{draft_graph_id}`."""
    return TemplateOut.of(service.create(body.name, body.description, author_id=g.user.id))


@endpoint(api, "GET", "/templates/examples", answers=ListOut[ExampleOut])
@requires("templates.read")
def list_examples() -> ListOut[ExampleOut]:
    """The gallery."""
    return listed(
        GALLERY,
        lambda one: ExampleOut(slug=one.slug, name=one.written.name, purpose=one.purpose, needs=one.needs),
    )


@endpoint(api, "POST", "/templates/examples/<slug>", answers=TemplateOut, status=201)
@requires("templates.write")
def use_example(slug: str) -> TemplateOut:
    """Make a template of your own from one of the gallery's."""
    example = example_called(slug)
    if example is None:
        raise NotFound
    return TemplateOut.of(service.use_example(example, author_id=g.user.id))


@endpoint(api, "GET", ONE, answers=TemplateOut, also=[ONE])
@requires("templates.read")
def read_template(template_id: UUID) -> TemplateOut:
    """One template."""
    return TemplateOut.of(get_or_404(Template, template_id))


@endpoint(api, "PUT", ONE, takes=TemplateBody, answers=TemplateOut, also=[ONE])
@requires("templates.write")
def rename_template(template_id: UUID, body: TemplateBody) -> TemplateOut:
    """Give it another name or description."""
    return TemplateOut.of(templates.rename(template_id, body.name, body.description))


@endpoint(api, "GET", f"{ONE}/versions", answers=ListOut[VersionOut])
@requires("templates.read")
def list_template_versions(template_id: UUID) -> ListOut[VersionOut]:
    """Its published versions, the latest first."""
    get_or_404(Template, template_id)
    return listed(queries.versions_of(template_id), VersionOut.of)


@endpoint(api, "POST", f"{ONE}/publish", answers=VersionOut, status=201)
@requires("templates.write")
def publish(template_id: UUID) -> VersionOut:
    """Make the draft its next version. New campaigns are made from that."""
    version: Graph = service.publish(template_id)
    audit("template.published", "template", template_id, number=version.number)
    return VersionOut.of(version)


@endpoint(api, "POST", f"{ONE}/copy", answers=TemplateOut, status=201)
@requires("templates.write")
def copy_template(template_id: UUID) -> TemplateOut:
    """A copy of its draft."""
    return TemplateOut.of(templates.duplicate(template_id, author_id=g.user.id))


@endpoint(api, "DELETE", ONE, answers=TemplateOut, also=[ONE])
@requires("templates.write")
def archive_template(template_id: UUID) -> TemplateOut:
    """Put it away. Campaigns made from it go on."""
    template = templates.archive(template_id)
    audit("template.archived", "template", template.id)
    return TemplateOut.of(template)


@endpoint(api, "POST", f"{ONE}/restore", answers=TemplateOut)
@requires("templates.write")
def restore_template(template_id: UUID) -> TemplateOut:
    """Bring it back."""
    template = templates.restore(template_id)
    audit("template.restored", "template", template.id)
    return TemplateOut.of(template)


@endpoint(api, "POST", "/templates/examples", answers=ListOut[TemplateOut], status=201)
@requires("templates.write")
def add_examples() -> ListOut[TemplateOut]:
    """The three that most begin with; those that are here already stay as they are."""
    return listed(service.add_examples(author_id=g.user.id), TemplateOut.of)


@endpoint(api, "GET", f"{ONE}/versions/compare", asks=CompareQuery, answers=ComparisonOut)
@requires("templates.read")
def compare_template(template_id: UUID, query: CompareQuery) -> ComparisonOut:
    """What is different between two versions, or between one and the draft."""
    template = get_or_404(Template, template_id)
    graphs = {str(one.number): one.id for one in queries.versions_of(template_id)}
    graphs["draft"] = template.draft_graph_id
    if query.before not in graphs or query.after not in graphs:
        raise NotFound("There is no such version.")
    return ComparisonOut.of(service.compared(graphs[query.before], graphs[query.after]))


@endpoint(api, "GET", f"{ONE}/file.csv", asks=FileQuery, gives="text/csv")
@requires("templates.read")
def export_template(template_id: UUID, query: FileQuery) -> Response:
    """The draft, or a published version, as a file that can be brought in again."""
    return template_file(get_or_404(Template, template_id), query.version)


@endpoint(api, "POST", "/templates/import", answers=TemplateOut, status=201, uploads=CSV, most=LARGEST_FILE)
@requires("templates.write")
def import_template(file: IO[bytes]) -> TemplateOut:
    """Make a template of such a file. One that is wrong is refused whole, with every wrong line named in `errors`."""
    try:
        return TemplateOut.of(add_written(read(decoded(file.read())), author_id=g.user.id))
    except UnreadableTemplate as refusal:
        problem = Refused("This is not the file of a template. Nothing was made.")
        problem.members = {
            "errors": [{"path": f"line {one.line}", "detail": one.sentence} for one in refusal.problems]
        }
        raise problem from refusal
