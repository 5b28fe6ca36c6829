"""The versions of a campaign: what each changed, by whom, and who still finishes on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from loumass.campaigns.models import Campaign, CampaignChange
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.paging import PAGE_SIZE, Page, page
from loumass.core.tenancy import current_organization_id
from loumass.funnels import service
from loumass.funnels.comparing import Comparison
from loumass.funnels.models import Graph, Template


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a campaign. The first was made with it; `since` is None while it has not started. `finishing` people
    walk it still although it is not the newest."""

    number: int
    graph_id: UUID
    since: datetime | None
    by_id: UUID | None
    summary: str
    is_newest: bool
    finishing: int = 0


_FINISHING = text("""
    SELECT node.graph_id, count(*) AS people FROM enrollment e
    JOIN node ON node.organization_id = :organization_id AND node.id = e.node_id
    WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state <> 'ended'
      AND node.graph_id <> :graph_id
    GROUP BY node.graph_id
""")


def versions_of(campaign: Campaign) -> list[Version]:
    """Every version, the newest first; two statements."""
    changes = _applied(campaign)
    bound = {"campaign_id": campaign.id, "graph_id": campaign.graph_id}
    finishing = {
        row.graph_id: row.people
        for row in db().execute(_FINISHING, {"organization_id": current_organization_id(), **bound})
    }
    # A version's graph is what the next change froze; the newest is the graph itself.
    graphs = [change.before_graph_id or campaign.graph_id for change in changes] + [campaign.graph_id]
    first = Version(1, graphs[0], campaign.started_at, campaign.created_by_id, "As it was made", not changes)
    later = [
        Version(
            change.number or 0, graph_id, change.applied_at, change.applied_by_id, change.summary, change is changes[-1]
        )
        for change, graph_id in zip(changes, graphs[1:], strict=True)
    ]  # fmt: skip
    found = [first, *later]
    return [_with_people(one, finishing) for one in reversed(found)]


def _with_people(one: Version, finishing: dict[UUID, int]) -> Version:
    return Version(
        one.number, one.graph_id, one.since, one.by_id, one.summary, one.is_newest, finishing.get(one.graph_id, 0)
    )  # fmt: skip


def _applied(campaign: Campaign) -> Sequence[CampaignChange]:
    # One that is just being applied is no version before the graph says so.
    is_applied = CampaignChange.number <= campaign.version
    found = select(CampaignChange).where(CampaignChange.campaign_id == campaign.id, is_applied)
    return db().scalars(found.order_by(CampaignChange.number)).all()


def compared(campaign: Campaign, one: int, other: int) -> Comparison:
    """What is different in version `other`, seen from version `one`. Raises NotFound."""
    graphs = {version.number: version.graph_id for version in versions_of(campaign)}
    if one not in graphs or other not in graphs:
        raise NotFound
    return service.compared(graphs[one], graphs[other])


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign that was made from a template, which of its versions it is (None: nobody knows), whether it was changed in
    its own way since, and whether somebody works on a change of it."""

    campaign: Campaign
    number: int | None
    is_changed: bool
    has_draft: bool


def running_template(template: Template, cursor: str | None, size: int = PAGE_SIZE) -> Page[Running]:
    """A page of the campaigns of a template, the newest first."""
    is_its = (Graph.organization_id == Campaign.organization_id) & (Graph.id == Campaign.graph_id)
    found = (
        select(Campaign, Graph.cloned_from_id)
        .join(Graph, is_its)
        .where(Campaign.template_id == template.id)
    )  # fmt: skip
    rows = page(found, (Campaign.created_at, Campaign.id), cursor, descending=True, size=size)
    versions = select(Graph.id, Graph.number).where(Graph.template_id == template.id)
    numbers = {row.id: row.number for row in db().execute(versions)}
    last, drafted = _changes_of([row[0].id for row in rows.items])
    running = [
        Running(one, numbers.get(origin), last.get(one.id, origin) != origin, one.id in drafted)
        for one, origin, *_ in rows.items
    ]
    return Page(running, rows.before, rows.after)


def _changes_of(campaign_ids: Sequence[UUID]) -> tuple[dict[UUID, UUID | None], set[UUID]]:
    """What the latest change of each campaign took over (None: somebody's own), and which have a draft of one."""
    found = select(CampaignChange).where(
        CampaignChange.campaign_id.in_(campaign_ids), CampaignChange.discarded_at.is_(None)
    )
    rows = db().scalars(found.order_by(CampaignChange.number)).all()
    applied = {row.campaign_id: row.from_graph_id for row in rows if row.applied_at is not None}
    return applied, {row.campaign_id for row in rows if row.applied_at is None}
