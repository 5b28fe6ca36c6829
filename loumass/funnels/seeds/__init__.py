"""Three templates that work as they are: an invitation, cold outreach, a follow-up to people who did not come."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from loumass.core.database import db
from loumass.core.tenancy import get_or_404
from loumass.funnels import models
from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.exchange import fill
from loumass.funnels.seeds.cold_email import COLD_EMAIL
from loumass.funnels.seeds.event_invitation import EVENT_INVITATION
from loumass.funnels.seeds.no_show import NO_SHOW
from loumass.funnels.templates import create, publish

EXAMPLES: tuple[WrittenTemplate, ...] = (EVENT_INVITATION, COLD_EMAIL, NO_SHOW)


def add_examples(*, author_id: UUID | None = None) -> list[models.Template]:
    """Add the examples that the organization has none of (by name), published. Returns those added."""
    names = [example.name for example in EXAMPLES]
    there = set(db().scalars(select(models.Template.name).where(models.Template.name.in_(names))))
    return [
        add_written(example, author_id=author_id, is_published=True)
        for example in EXAMPLES
        if example.name not in there
    ]


def add_written(
    written: WrittenTemplate, *, author_id: UUID | None = None, is_published: bool = False
) -> models.Template:
    """A new template as ``written`` (from a file, or an example). Raises UnreadableTemplate, Refused."""
    template = create(written.name, written.description, author_id=author_id)
    fill(get_or_404(models.Graph, template.draft_graph_id), written, author_id)
    if is_published:
        publish(template.id)
    return template
