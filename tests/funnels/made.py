"""A template of the tests and the addresses of its pages."""

from __future__ import annotations

from uuid import UUID

from lxml import html
from sqlalchemy import select

from loumass.core.database import db
from loumass.funnels import models, queries
from loumass.funnels.csv_format import WrittenTemplate
from loumass.funnels.seeds import EXAMPLES, add_written
from tests.world import Tenant

INVITATION, COLD, NO_SHOW = EXAMPLES


class Made:
    """A template and the addresses of its pages."""

    def __init__(
        self, tenant: Tenant, example: WrittenTemplate = COLD, *, is_published: bool = False
    ) -> None:
        self.tenant = tenant
        with tenant.acting() as session:
            template = add_written(example, is_published=is_published)
            session.commit()
        self.id, self.draft, self.published = (
            template.id,
            template.draft_graph_id,
            template.published_graph_id,
        )
        self.url, self.graph = f"/templates/{self.id}", f"/funnels/{self.draft}"
        self.outline = f"{self.graph}/outline"

    def step(self, key: str, graph_id: UUID | None = None) -> models.Node:
        with self.tenant.acting():
            return self.found(key, graph_id)

    def found(self, key: str, graph_id: UUID | None = None) -> models.Node:
        """The step, in a session that is open already."""
        graph_id = graph_id or self.draft
        found = select(models.Node).where(models.Node.graph_id == graph_id, models.Node.key == key)
        return db().scalars(found).one()

    def at(self, key: str) -> str:
        return f"{self.graph}/steps/{self.step(key).id}"

    def says(self, key: str) -> object:
        with self.tenant.acting():
            node = self.found(key)
            return queries.written_in(self.draft).get(node.content_id) if node.content_id else None

    def revision(self) -> int:
        with self.tenant.acting() as session:
            return session.get_one(models.Graph, (self.tenant.id, self.draft)).revision


def form_of(page: str, action: str) -> dict[str, str | list[str]]:
    """What a browser would send of the form with this action, unchanged; fields with several values as lists."""
    document = html.document_fromstring(page)
    (form,) = [form for form in document.forms if form.action == action]
    typed: dict[str, list[str]] = {}
    for name, value in form.form_values():
        typed.setdefault(str(name), []).append(str(value))
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in typed.items()
        if name != "csrf_token"
    }
