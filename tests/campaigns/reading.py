"""What tests of the pages of campaigns name: a template, and the answer as a page or as words."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from lxml import html

from loumass.core.ids import uuid7
from loumass.funnels.models import Template
from loumass.funnels.service import clone_graph
from tests.campaigns.cast import Planned, graph, send, step, wait
from tests.world import Tenant

FOLLOW_UP = [send("hello"), wait("pause", amount=3, unit="days"), send("again"), step("done", "end")]


def page(answer: Any, status: int = 200) -> html.HtmlElement:
    assert answer.status_code == status, answer.text[:3000]
    return html.document_fromstring(answer.text)


def words(answer: Any, status: int = 200) -> str:
    return re.sub(r"\s+", " ", page(answer, status).xpath("//main")[0].text_content())


def template(tenant: Tenant, steps: list[Planned] | None = None, name: str = "Cold e-mail") -> UUID:
    """A published template."""
    with tenant.acting() as session:
        draft, _ = graph(session, steps or FOLLOW_UP)
        row = Template(id=uuid7(), name=name, draft_graph_id=draft)
        session.add(row)
        session.flush()
        row.published_graph_id = clone_graph(draft, template_id=row.id, number=1)
        session.commit()
        return row.id
