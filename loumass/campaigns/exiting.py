"""Whom a reply or a no takes out of their campaigns (funnels/exits.py, for many at once)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select, text

from loumass.campaigns.models import Campaign
from loumass.campaigns.walked import walked_by
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.exits import exit_after
from loumass.funnels.kinds import KINDS

_WITH_MEDIUM = text("""
    SELECT DISTINCT e.id FROM unnest(CAST(:contacts AS uuid[]), CAST(:media AS text[])) AS said(contact_id, medium)
    JOIN enrollment e ON e.organization_id = :organization_id AND e.contact_id = said.contact_id AND e.state <> 'ended'
    JOIN campaign c ON c.organization_id = :organization_id AND c.id = e.campaign_id
    WHERE said.medium IS NULL OR EXISTS (
        SELECT 1 FROM node n
        JOIN unnest(CAST(:kinds AS text[]), CAST(:kind_media AS text[])) AS sends(kind, medium) ON sends.kind = n.kind
        WHERE n.organization_id = :organization_id AND sends.medium = said.medium AND n.graph_id = coalesce((
            SELECT here.graph_id FROM node here
            WHERE here.organization_id = :organization_id AND here.id = e.node_id), c.graph_id))
""")


def by_replying(standing: Mapping[UUID, tuple[UUID, UUID | None]]) -> frozenset[UUID]:
    """Those who leave because they replied. `standing`: enrollment -> (campaign, node)."""
    campaigns = db().execute(
        select(Campaign.id, Campaign.graph_id, Campaign.is_exit_on_reply).where(
            Campaign.id.in_({campaign_id for campaign_id, _ in standing.values()})
        )
    ).all()  # fmt: skip
    by_id = {row.id: row for row in campaigns}
    places: dict[UUID, set[UUID | None]] = defaultdict(set)
    for campaign_id, node_id in standing.values():
        places[by_id[campaign_id].graph_id].add(node_id)
    graphs = walked_by(places)
    leaving = set()
    for enrollment_id, (campaign_id, node_id) in standing.items():
        campaign = by_id[campaign_id]
        graph = graphs[campaign.graph_id]
        here = node_id or graph.start
        if here is None or exit_after(graph, here, "replied", exits_on_reply=campaign.is_exit_on_reply):
            leaving.add(enrollment_id)
    return frozenset(leaving)


def with_medium(said_no: Iterable[tuple[UUID, str | None]]) -> frozenset[UUID]:
    """The live enrollments of the contacts in campaigns that write on the medium (None: on any)."""
    pairs = list(said_no)
    sends = [(kind.name, kind.medium) for kind in KINDS.values() if kind.medium]
    rows = db().scalars(
        _WITH_MEDIUM,
        {
            "organization_id": current_organization_id(),
            "contacts": [contact_id for contact_id, _ in pairs],
            "media": [medium for _, medium in pairs],
            "kinds": [kind for kind, _ in sends],
            "kind_media": [medium for _, medium in sends],
        },
    )
    return frozenset(rows)
