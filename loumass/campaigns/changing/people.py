"""Who stands where, who has had what, and what is queued: counted in sets, however many people there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.models import Campaign
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

#: A message that left, or is about to: whoever has one had the step.
HAD = "('queued', 'sending', 'sent', 'in_doubt')"

_STANDING = text("""
    SELECT node_id, count(*) AS people FROM enrollment
    WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND state <> 'ended' AND node_id IS NOT NULL
    GROUP BY node_id
""")
# By the message of the step where they stand: one look-up for each of them.
_QUEUED = text("""
    SELECT e.node_id, count(*) AS messages FROM enrollment e
    JOIN message m ON m.organization_id = :organization_id AND m.step_id = e.step_id
    WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state <> 'ended'
      AND e.node_id = ANY(CAST(:nodes AS uuid[])) AND m.state = 'queued'
    GROUP BY e.node_id
""")
_HAD_IT = text(f"""
    SELECT met.step_id, count(DISTINCT e.id) AS people
    FROM unnest(CAST(:places AS uuid[]), CAST(:steps AS uuid[]), CAST(:sent_as AS uuid[])) AS met(place, step_id, sent_as)
    JOIN enrollment e ON e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.node_id = met.place
        AND e.state <> 'ended'
    JOIN message m ON m.organization_id = :organization_id AND m.enrollment_id = e.id AND m.node_id = met.sent_as
        AND m.state IN {HAD}
    GROUP BY met.step_id
""")
_FAMILIES = text("""
    SELECT asked.id AS step_id, node.id FROM node asked
    JOIN node ON node.organization_id = :organization_id AND node.key = asked.key AND node.kind = asked.kind
    WHERE asked.organization_id = :organization_id AND asked.id = ANY(CAST(:steps AS uuid[])) AND node.graph_id IN (
        SELECT CAST(:graph_id AS uuid) UNION
        SELECT before_graph_id FROM campaign_change
        WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND before_graph_id IS NOT NULL UNION
        SELECT removed_graph_id FROM campaign_change
        WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND removed_graph_id IS NOT NULL)
""")


def standing_at(campaign: Campaign) -> dict[UUID, int]:
    """How many live people stand at each node, also those of older versions."""
    rows = db().execute(_STANDING, _of(campaign))
    return {row.node_id: row.people for row in rows}


def queued_at(campaign: Campaign, nodes: Collection[UUID]) -> dict[UUID, int]:
    """How many messages are queued for those who stand at each of the nodes."""
    if not nodes:
        return {}
    rows = db().execute(_QUEUED, _of(campaign, nodes=uuid_array(nodes)))
    return {row.node_id: row.messages for row in rows}


def had_before(campaign: Campaign, met: Iterable[tuple[UUID, UUID]]) -> dict[UUID, int]:
    """`met`: (place, step). How many of those at the places had each step already, on whatever version."""
    pairs = sorted(met)
    if not pairs:
        return {}
    families = families_of(campaign, {step for _, step in pairs})
    lines = [(place, step, one) for place, step in pairs for one in families.get(step, ())]
    places, steps, sent_as = zip(*lines, strict=True) if lines else ((), (), ())
    bound = _of(campaign, places=uuid_array(places), steps=uuid_array(steps), sent_as=uuid_array(sent_as))
    return {row.step_id: row.people for row in db().execute(_HAD_IT, bound)}


def families_of(campaign: Campaign, steps: Collection[UUID]) -> Mapping[UUID, list[UUID]]:
    """Step -> itself and what it was on older versions."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    bound = _of(campaign, steps=uuid_array(steps), graph_id=campaign.graph_id)
    for row in db().execute(_FAMILIES, bound):
        found[row.step_id].append(row.id)
    return found


def _of(campaign: Campaign, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "campaign_id": campaign.id, **more}
