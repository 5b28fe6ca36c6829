"""A change applied: decided on by a transaction that has the campaign to itself, so that no slice walks while the ground moves.

The graph as it was is frozen with its number; the graph itself keeps its row and its nodes and says the new things. Where few
people are concerned all of it happens in that transaction (`carrying.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select

from loumass.campaigns import states
from loumass.campaigns.changing import people, reviewing
from loumass.campaigns.changing.carrying import carry_out
from loumass.campaigns.changing.choices import Choices
from loumass.campaigns.changing.drafts import is_outdated, open_change, refuse_unless_changeable
from loumass.campaigns.changing.proposal import Proposal, proposal_of
from loumass.campaigns.changing.reviewing import Review, review_of
from loumass.campaigns.changing.work import Work, decided
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.ids import uuid7
from loumass.core.plans import PLANNED_FOR_MANY
from loumass.funnels.service import clone_graph


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
    """The campaign's draft of change, applied; with many people inside it is being applied from now on (`work`). Raises
    NotFound; Conflict without a draft, and when another change was applied meanwhile or is being applied; Refused while
    something is wrong with it."""
    campaign = states.settled(campaign_id)
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
    _decide(change, proposal_of(campaign, change.graph_id, is_own=is_own), choices, user_id)
    return change


def undo(campaign_id: UUID, number: int, user_id: UUID | None) -> CampaignChange:
    """The campaign is what it was before its version `number`, as a version of its own; people are treated the safe way.

    Raises NotFound; Conflict unless that is the latest version, and while a change is being applied.
    """
    campaign = states.settled(campaign_id)
    refuse_unless_changeable(campaign)
    last = _latest(campaign)
    if last.number != number or last.before_graph_id is None:
        raise Conflict(f"Version {last.number} was applied meanwhile. Look at it first. Nothing was changed.")
    # A copy is taken over; the version that it was stays as it is.
    change = CampaignChange(
        id=uuid7(), campaign_id=campaign.id, graph_id=clone_graph(last.before_graph_id), base_number=campaign.version,
        from_graph_id=last.before_graph_id, made_by_id=user_id, made_at=clock.now(), undoes=number,
    )  # fmt: skip
    _decide(change, proposal_of(campaign, change.graph_id, is_own=False), Choices(), user_id)
    return change


def _latest(campaign: Campaign) -> CampaignChange:
    is_latest = (CampaignChange.campaign_id == campaign.id) & (CampaignChange.number == campaign.version)
    found = db().scalar(select(CampaignChange).where(is_latest))
    if found is None:
        raise Conflict(f"{campaign.name} was never changed, so there is nothing to take back.")
    return found


def _decide(change: CampaignChange, proposal: Proposal, choices: Choices, user_id: UUID | None) -> None:
    """What becomes of everybody is decided and written down; then it is carried out."""
    campaign = proposal.campaign
    for sentence in reviewing.stops_of(proposal):
        raise Refused(f"{sentence} Nothing was changed.")
    _refuse_strange_targets(proposal, choices)
    db().execute(PLANNED_FOR_MANY)
    standing = people.standing_at(campaign)
    met = {step for _, step in reviewing.met_again(proposal, standing, choices)}
    change.before_graph_id = clone_graph(campaign.graph_id, number=campaign.version)
    change.number, change.people = campaign.version + 1, {}
    change.applied_at, change.applied_by_id = clock.now(), user_id
    change.summary = _summary(proposal, change)
    db().add(change)
    campaign.skips = _skips(campaign, met, choices)
    db().flush()
    carry_out(campaign, change, _work(proposal, standing, choices))


def _work(proposal: Proposal, standing: Mapping[UUID, int], choices: Choices) -> Work:
    anew = [node.id for node in reviewing.said_anew(proposal) if choices.is_written_anew(node.id)]
    return decided(
        choices,
        removed={one: count for one, count in standing.items() if one in proposal.match.removed},
        timed={one: standing.get(one, 0) for one in reviewing.retimed_steps(proposal)},
        written=people.queued_at(proposal.campaign, anew),
    )


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


def _summary(proposal: Proposal, change: CampaignChange) -> str:
    if change.undoes is not None:
        return f"Version {change.undoes} taken back. {proposal.comparison.sentence}"
    return proposal.comparison.sentence
