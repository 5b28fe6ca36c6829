"""What a draft would make of a campaign's graph: told apart from what runs, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from loumass.campaigns.models import Campaign
from loumass.content.composing import Draft
from loumass.content.models import Content
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.comparing import Comparison, StepChange, compare
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS
from loumass.funnels.matching import Match, matched
from loumass.funnels.node import Node
from loumass.funnels.service import graph_of, what_is_chosen, written_in

_REMOVED = text("""
    SELECT node.graph_id, node.id, node.key, node.kind, node.name, node.config, node.content_id FROM node
    JOIN campaign_change ON campaign_change.organization_id = :organization_id
        AND campaign_change.removed_graph_id = node.graph_id AND campaign_change.campaign_id = :campaign_id
    WHERE node.organization_id = :organization_id
    ORDER BY campaign_change.number DESC, node.id
""")


@dataclass(frozen=True, slots=True)
class Proposal:
    """`live` is the graph that people walk, `match` the proposed one in the ids that it will have. `said_anew` are pairs of
    contents: the draft's, whose words the running one takes over."""

    campaign: Campaign
    draft_id: UUID
    live: Graph
    match: Match
    comparison: Comparison
    said_anew: tuple[tuple[UUID, UUID], ...]

    @property
    def graph(self) -> Graph:
        """The proposed graph, in the ids that it will have."""
        return self.match.graph

    def changed(self, what: str) -> list[StepChange]:
        """The steps that stay and differ in `what` (settings, words, ways, name)."""
        return [step for step in self.comparison.of("changed") if step.has(what)]

    def running_id(self, change: StepChange) -> UUID:
        """The node in the running graph of a step that stays."""
        assert change.before is not None  # noqa: S101  it stays, so it is there
        return change.before.id


def proposal_of(campaign: Campaign, draft_id: UUID, *, is_own: bool) -> Proposal:
    """The graph `draft_id` proposed for the campaign. `is_own`: it began as a clone of the running graph, so that words
    which nobody touched in it are left as they run, also where somebody changed them there meanwhile."""
    live, draft = graph_of(campaign.graph_id), graph_of(draft_id)
    removed = _removed(campaign) if campaign.version > 1 else []
    match = matched(live, draft, [node for node, _ in removed])
    back = [(node, graph_id) for node, graph_id in removed if node.id in match.returning]
    words, written = dict(written_in(campaign.graph_id)), dict(written_in(draft_id))
    for graph_id in {graph_id for _, graph_id in back}:
        words |= written_in(graph_id)
    running = {node.id: node for node in (*live.nodes, *(node for node, _ in back))}
    untouched = _untouched(draft_id) if is_own else {}
    said_anew = []
    for node in draft.nodes:
        before = running.get(match.final[node.id])
        if before is None or not node.content_id or not before.content_id:
            continue
        if untouched.get(node.content_id) == before.content_id:
            written[node.content_id] = words.get(before.content_id, Draft())
        elif written.get(node.content_id) != words.get(before.content_id):
            said_anew.append((node.content_id, before.content_id))
    comparison = compare(live, words, draft, written, what_is_chosen(live, draft))
    return Proposal(campaign, draft_id, live, match, comparison, tuple(said_anew))


def _removed(campaign: Campaign) -> list[tuple[Node, UUID]]:
    """Steps that the campaign had once, the latest first, each with the graph where it is kept."""
    bound = {"organization_id": current_organization_id(), "campaign_id": campaign.id}
    return [
        (Node(row.id, row.key, row.kind, row.name, row.config, row.content_id), row.graph_id)
        for row in db().execute(_REMOVED, bound)
    ]


def _untouched(draft_id: UUID) -> dict[UUID, UUID | None]:
    """The contents of a draft that say what they said when it was cloned, and what each was cloned from."""
    found = select(Content.id, Content.origin_id).where(
        Content.graph_id == draft_id, Content.version_number <= 1, Content.origin_id.is_not(None)
    )
    return {row.id: row.origin_id for row in db().execute(found)}


def is_sending(node: Node) -> bool:
    """Whether a step sends a message."""
    return node.kind in KINDS and bool(KINDS[node.kind].medium)
