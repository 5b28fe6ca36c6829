"""Whose funnel is simulated: a campaign's, or a template's, which has neither people nor senders."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.funnels import queries
from loumass.funnels.graph import Graph
from loumass.funnels.models import Template
from loumass.funnels.service import graph_of


@dataclass(frozen=True, slots=True)
class Subject:
    """A graph and whose it is."""

    graph_id: UUID
    graph: Graph
    campaign: Campaign | None
    template: Template | None

    @property
    def name(self) -> str:
        """What people call it."""
        owner = self.campaign or self.template
        return owner.name if owner is not None else "Funnel"


def subject_of(graph_id: UUID) -> Subject:
    """The graph with its owner. Raises NotFound, also for a graph that nobody owns."""
    graph = graph_of(graph_id)
    campaign = db().scalars(select(Campaign).where(Campaign.graph_id == graph_id)).first()
    template = None if campaign is not None else queries.template_of(graph_id)
    if campaign is None and template is None:
        raise NotFound
    return Subject(graph_id, graph, campaign, template)
