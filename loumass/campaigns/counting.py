"""A campaign in numbers: who stands where, who went on by which way, who left why. One statement each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.advancing.repeating import HAD_IT
from loumass.campaigns.models import Campaign
from loumass.campaigns.reasons import left_words
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.decisions import FAILED, NEXT, Go
from loumass.funnels.drawing import Counts
from loumass.funnels.graph import Graph
from loumass.funnels.kinds.end import FINISHED, EndStep


@dataclass(frozen=True, slots=True)
class Figures:
    """People of one campaign. `left` is by reason; `outside` have not begun."""

    enrolled: int = 0
    inside: int = 0
    outside: int = 0
    held: int = 0
    messaged: int = 0
    replied: int = 0
    rsvp: int = 0
    needs_bdr: int = 0
    bounced: int = 0
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def ended(self) -> int:
        """Everybody who left."""
        return sum(self.left.values())

    @property
    def left_words(self) -> Sequence[tuple[str, str, int]]:
        """(reason, words, people), the most first."""
        rows = [(reason, left_words(reason), people) for reason, people in self.left.items()]
        return sorted(rows, key=lambda row: -row[2])


_FIGURES = text("""
    SELECT campaign_id, CASE WHEN state = 'ended' THEN coalesce(reason, 'left') END AS left_because, count(*) AS people,
        count(*) FILTER (WHERE node_id IS NULL AND state <> 'ended') AS outside,
        count(*) FILTER (WHERE state = 'held') AS held,
        count(*) FILTER (WHERE last_sent_at IS NOT NULL) AS messaged,
        count(*) FILTER (WHERE replied_at IS NOT NULL) AS replied,
        count(*) FILTER (WHERE status = 'Received RSVP') AS rsvp,
        count(*) FILTER (WHERE status = 'Needs BDR') AS needs_bdr,
        count(*) FILTER (WHERE bounced_at IS NOT NULL) AS bounced
    FROM enrollment
    WHERE organization_id = :organization_id AND campaign_id = ANY(CAST(:campaigns AS uuid[]))
    GROUP BY campaign_id, left_because
""")
_SUMMED = ("outside", "held", "messaged", "replied", "rsvp", "needs_bdr", "bounced")


def figures_of(campaign_ids: Sequence[UUID]) -> dict[UUID, Figures]:
    """The figures of every campaign that is asked for, in one statement."""
    bound = {"organization_id": current_organization_id(), "campaigns": list(campaign_ids)}
    sums: dict[UUID, dict[str, int]] = {
        one: dict.fromkeys(_SUMMED, 0) | {"enrolled": 0} for one in campaign_ids
    }
    left: dict[UUID, dict[str, int]] = {one: {} for one in campaign_ids}
    for row in db().execute(_FIGURES, bound):
        here = sums[row.campaign_id]
        here["enrolled"] += row.people
        for name in _SUMMED:
            here[name] += getattr(row, name)
        if row.left_because is not None:
            left[row.campaign_id][row.left_because] = row.people
    return {
        one: Figures(**sums[one], inside=sums[one]["enrolled"] - sum(left[one].values()), left=left[one])
        for one in campaign_ids
    }


_NOW = text("""
    SELECT node_id, count(*) AS people FROM enrollment
    WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND state <> 'ended' AND node_id IS NOT NULL
    GROUP BY node_id
""")
_TAKEN = text("""
    SELECT node_id, outcome, count(*) AS people FROM step
    WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND left_at IS NOT NULL
    GROUP BY node_id, outcome
""")


def counts_of(campaign: Campaign, graph: Graph) -> Counts:
    """People on the drawing: standing now, gone on, and by which way."""
    bound = {"organization_id": current_organization_id(), "campaign_id": campaign.id}
    now = {row.node_id: row.people for row in db().execute(_NOW, bound)}
    passed: dict[UUID, int] = {}
    taken: dict[tuple[UUID, str], int] = {}
    for row in db().execute(_TAKEN, bound):
        branch = drawn_branch(graph, row.node_id, row.outcome or "")
        if branch is not None:
            passed[row.node_id] = passed.get(row.node_id, 0) + row.people
            taken[row.node_id, branch] = taken.get((row.node_id, branch), 0) + row.people
    return Counts(now=now, passed=passed, taken=taken)


_DROPPED = text("""
    SELECT node_id, coalesce(reason, 'left') AS reason, count(*) AS people FROM enrollment
    WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND state = 'ended' AND node_id IS NOT NULL
    GROUP BY node_id, coalesce(reason, 'left') ORDER BY people DESC, reason
""")


def dropped_in(campaign: Campaign, graph: Graph) -> dict[UUID, dict[str, int]]:
    """People who left at a step before the funnel's end, by step and reason, the most first."""
    bound = {"organization_id": current_organization_id(), "campaign_id": campaign.id}
    found: dict[UUID, dict[str, int]] = {}
    for row in db().execute(_DROPPED, bound):
        came_to_an_end = row.reason == FINISHED or (
            row.node_id in graph and graph.node(row.node_id).kind == EndStep.name
        )
        if not came_to_an_end:
            found.setdefault(row.node_id, {})[row.reason] = row.people
    return found


def drawn_branch(graph: Graph, node_id: UUID, outcome: str) -> str | None:
    """The drawn way that `outcome` took, or None where it led out of the campaign."""
    if node_id not in graph:
        return None
    way = Go(FAILED, or_else=NEXT) if outcome.startswith(("skipped", FAILED)) else Go(outcome)
    way = Go() if outcome == HAD_IT else way
    ways = graph.ways_out(node_id)
    return next((branch for branch in (way.branch, way.or_else or "") if branch in ways), None)
