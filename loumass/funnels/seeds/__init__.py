"""Templates that work as they are, or nearly: what the gallery offers, and what a new organization finds."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404
from loumass.funnels import models
from loumass.funnels.checking import problems_of
from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.exchange import fill
from loumass.funnels.seeds.gallery import FIRST, GALLERY, Example
from loumass.funnels.templates import create, publish
from loumass.funnels.validation import is_ready

#: What a new organization finds.
EXAMPLES: tuple[WrittenTemplate, ...] = tuple(
    one.written for slug in FIRST for one in GALLERY if one.slug == slug
)


def add_examples(*, author_id: UUID | None = None) -> list[models.Template]:
    """Add the examples that the organization has none of (by name), published. Returns those added."""
    names = [example.name for example in EXAMPLES]
    there = set(db().scalars(select(models.Template.name).where(models.Template.name.in_(names))))
    return [
        add_written(example, author_id=author_id, is_published=True)
        for example in EXAMPLES
        if example.name not in there
    ]


def use_example(example: Example, *, author_id: UUID | None = None) -> models.Template:
    """A template of the organization's own made from the example; published, unless something is to be chosen first (a voice).

    Raises Refused for one that waits for something.
    """
    if example.needs:
        raise Refused(f"{example.written.name} cannot be used yet. {example.needs} Nothing was added.")
    template = add_written(example.written, author_id=author_id)
    if is_ready(problems_of(template.draft_graph_id)):
        publish(template.id)
    return template


def add_written(
    written: WrittenTemplate, *, author_id: UUID | None = None, is_published: bool = False
) -> models.Template:
    """A new template as ``written`` (from a file, or an example). Raises UnreadableTemplate, Refused."""
    template = create(written.name, written.description, author_id=author_id)
    fill(get_or_404(models.Graph, template.draft_graph_id), written, author_id)
    if is_published:
        publish(template.id)
    return template
