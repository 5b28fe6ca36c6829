"""A change applied: in one transaction that has the campaign to itself, so that no slice walks while the ground moves.

The graph as it was is frozen with its number; the graph itself keeps its row and its nodes and says the new things.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.service import audit
from loumass.campaigns import states
from loumass.campaigns.advancing.ground import ground_of
from loumass.campaigns.advancing.sending import plan_for
from loumass.campaigns.changing import moving, people, reviewing, waits
from loumass.campaigns.changing.choices import END, MOVE, Choices
from loumass.campaigns.changing.drafts import (
    is_of_template,
    is_outdated,
    open_change,
    refuse_unless_changeable,
)
from loumass.campaigns.changing.proposal import Proposal, proposal_of
from loumass.campaigns.changing.reviewing import Review, review_of
from loumass.campaigns.goal_times import look_ahead
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.campaigns.waking import announce, wake_engine
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.ids import uuid7
from loumass.core.plans import PLANNED_FOR_MANY
from loumass.core.tenancy import get, get_or_404
from loumass.funnels.models import Graph
from loumass.funnels.replacing import take_over
from loumass.funnels.service import clone_graph, graph_of
from loumass.messages.rewriting import channels_waiting, rewrite_planned


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of how many people (messages for `rewritten`)."""

    finishing: int = 0
    moved: int = 0
    ended: int = 0
    retimed: int = 0
    rewritten: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """What happened to anybody at all."""
        all_of = {name: getattr(self, name) for name in self.__slots__}
        return {name: count for name, count in all_of.items() if count}


def review_of_draft(campaign: Campaign, change: CampaignChange, choices: Choices | None = None) -> Review:
    """What applying the draft would do."""
    is_own = change.from_graph_id is None
    return review_of(proposal_of(campaign, change.graph_id, is_own=is_own), choices)


def review_of_undoing(campaign: Campaign) -> tuple[CampaignChange, Review]:
    """The campaign's latest change, and what taking it back would do. Raises Conflict when there is none."""
    last = _latest(campaign)
    assert last.before_graph_id is not None  # noqa: S101  it was applied
    return last, review_of(proposal_of(campaign, last.before_graph_id, is_own=False))


def apply(campaign_id: UUID, choices: Choices, user_id: UUID | None) -> CampaignChange:
    """The campaign's draft of change, applied. Raises NotFound; Conflict without a draft, and when another change was
    applied meanwhile; Refused while something is wrong with it."""
    campaign = states.locked(campaign_id)
    refuse_unless_changeable(campaign)
    change = open_change(campaign.id)
    if change is None:
        raise Conflict(f"There is no draft of change for {campaign.name} any more. Nothing was changed.")
    if is_outdated(campaign, change):
        raise Conflict(
            f"Version {campaign.version} was applied since this draft was made from version {change.base_number}. "
            "Look at the difference first. Nothing was changed."
        )
    is_own = change.from_graph_id is None
    _carry_out(change, proposal_of(campaign, change.graph_id, is_own=is_own), choices, user_id)
    return change


def undo(campaign_id: UUID, number: int, user_id: UUID | None) -> CampaignChange:
    """The campaign is what it was before its version `number`, as a version of its own; people are treated the safe way.

    Raises NotFound; Conflict unless that is the latest version.
    """
    campaign = states.locked(campaign_id)
    refuse_unless_changeable(campaign)
    last = _latest(campaign)
    if last.number != number or last.before_graph_id is None:
        raise Conflict(f"Version {last.number} was applied meanwhile. Look at it first. Nothing was changed.")
    # A copy is taken over; the version that it was stays as it is.
    change = CampaignChange(
        id=uuid7(), campaign_id=campaign.id, graph_id=clone_graph(last.before_graph_id), base_number=campaign.version,
        from_graph_id=last.before_graph_id, made_by_id=user_id, made_at=clock.now(), undoes=number,
    )  # fmt: skip
    _carry_out(change, proposal_of(campaign, change.graph_id, is_own=False), Choices(), user_id)
    return change


def _latest(campaign: Campaign) -> CampaignChange:
    is_latest = (CampaignChange.campaign_id == campaign.id) & (CampaignChange.number == campaign.version)
    found = db().scalar(select(CampaignChange).where(is_latest))
    if found is None:
        raise Conflict(f"{campaign.name} was never changed, so there is nothing to take back.")
    return found


def _carry_out(change: CampaignChange, proposal: Proposal, choices: Choices, user_id: UUID | None) -> None:
    campaign = proposal.campaign
    for sentence in reviewing.stops_of(proposal):
        raise Refused(f"{sentence} Nothing was changed.")
    _refuse_strange_targets(proposal, choices)
    db().execute(PLANNED_FOR_MANY)
    standing = people.standing_at(campaign)
    met = {step for _, step in reviewing.met_again(proposal, standing, choices)}
    change.before_graph_id = clone_graph(campaign.graph_id, number=campaign.version)
    change.number = campaign.version = campaign.version + 1
    change.applied_at, change.applied_by_id = clock.now(), user_id
    change.summary = _summary(proposal, change)
    change.removed_graph_id = take_over(
        campaign.graph_id, change.graph_id, proposal.match, proposal.said_anew
    )
    db().add(change)
    campaign.skips = _skips(campaign, met, choices)
    _note_origin(campaign, change)
    db().flush()
    done = _people(proposal, [one for one in standing if one in proposal.match.removed], change, choices)
    change.people = done.counts
    _tell(campaign, change, done)


def _people(
    proposal: Proposal, standing: Collection[UUID], change: CampaignChange, choices: Choices
) -> Applied:
    """`standing`: the removed steps where somebody stands."""
    campaign = proposal.campaign
    assert change.before_graph_id is not None  # noqa: S101  just frozen
    chosen = {node_id: choices.removal(node_id) for node_id in standing}
    finishing = [one for one in standing if chosen[one].what not in (END, MOVE)]
    targets = {one: removal.target for one, removal in chosen.items() if removal.what == MOVE}
    anew = [node.id for node in reviewing.said_anew(proposal) if choices.is_written_anew(node.id)]
    return Applied(
        ended=sum(moving.take_out(campaign, one) for one in standing if chosen[one].what == END),
        moved=sum(moving.move_to(campaign, one, target) for one, target in targets.items() if target),
        finishing=moving.let_finish(campaign, change.before_graph_id, finishing),
        retimed=waits.carry_out(campaign, proposal.graph, reviewing.retimed_steps(proposal), choices),
        rewritten=sum(_rewrite(campaign, node_id) for node_id in anew),
    )


def _rewrite(campaign: Campaign, node_id: UUID) -> int:
    """What is queued at the step takes its new words, sender by sender."""
    graph = graph_of(campaign.graph_id)
    ground = ground_of(campaign, graph)
    channels = [get(Channel, one) for one in channels_waiting(campaign.id, node_id)]
    plans = [plan_for(ground, graph.node(node_id), channel) for channel in channels if channel]
    return sum(rewrite_planned(plan) for plan in plans if plan)


def _skips(campaign: Campaign, met: Collection[UUID], choices: Choices) -> dict[str, str]:
    """The steps that whoever had them before now skips once, with those of earlier changes."""
    others = {one: at for one, at in campaign.skips.items() if UUID(one) not in met}
    now = clock.now().isoformat()
    return others | {str(step): now for step in met if not choices.is_repeated(step)}


def _refuse_strange_targets(proposal: Proposal, choices: Choices) -> None:
    targets = {removal.target for removal in choices.removed.values() if removal.target}
    if any(target not in proposal.graph for target in targets):
        raise Refused(
            "The step that people are moved to is not in the funnel. Choose another one. Nothing was changed."
        )


def _note_origin(campaign: Campaign, change: CampaignChange) -> None:
    """The campaign runs that version of its template from now on."""
    if change.from_graph_id is not None and is_of_template(change.from_graph_id):
        get_or_404(Graph, campaign.graph_id).cloned_from_id = change.from_graph_id


def _summary(proposal: Proposal, change: CampaignChange) -> str:
    if change.undoes is not None:
        return f"Version {change.undoes} taken back. {proposal.comparison.sentence}"
    return proposal.comparison.sentence


def _tell(campaign: Campaign, change: CampaignChange, done: Applied) -> None:
    verb = "campaign.change_undone" if change.undoes is not None else "campaign.change_applied"
    audit(verb, "campaign", campaign.id, number=change.number, **done.counts)
    wake_engine([campaign.id])
    look_ahead(campaign)
    announce([campaign.id])
