"""A change looked over before it is applied: what it says differently, and what that means in people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from loumass.campaigns.changing import people, places, waits
from loumass.campaigns.changing.choices import MOVE, Choices
from loumass.campaigns.changing.proposal import Proposal, is_sending
from loumass.campaigns.changing.waits import Retimed
from loumass.campaigns.models import Campaign
from loumass.campaigns.pooling import senders_of
from loumass.campaigns.preflight.finding import MEDIA, media_in
from loumass.funnels.graph import Graph
from loumass.funnels.node import Node
from loumass.funnels.service import problems_of


@dataclass(frozen=True, slots=True)
class OnRemoved:
    """People who stand on a step that goes; `messages` of them have one in the queue."""

    node: Node
    people: int
    messages: int


@dataclass(frozen=True, slots=True)
class OnWait:
    """People who wait where the waiting changes."""

    node: Node
    times: Retimed


@dataclass(frozen=True, slots=True)
class TooLate:
    """People who have passed the place of a new step; they stand at `standing`."""

    node: Node
    people: int
    standing: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Again:
    """People who would come to a step that they had; they stand at `standing`."""

    node: Node
    people: int
    standing: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class OldWords:
    """Messages that are queued with the words as they were."""

    node: Node
    messages: int


@dataclass(frozen=True, slots=True)
class Review:
    """The difference in people. Every list holds only what concerns somebody; `stops` are reasons not to apply it."""

    proposal: Proposal
    removed: Sequence[OnRemoved] = ()
    waits: Sequence[OnWait] = ()
    too_late: Sequence[TooLate] = ()
    again: Sequence[Again] = ()
    old_words: Sequence[OldWords] = ()
    #: Who stands where, on any version; how many are inside, and how many of them finish on an older version.
    standing: Mapping[UUID, int] = field(default_factory=dict)
    stops: Sequence[str] = ()

    @property
    def inside(self) -> int:
        """How many people have begun and not left."""
        return sum(self.standing.values())

    @property
    def on_older(self) -> int:
        """How many finish on an older version and notice nothing."""
        return sum(count for node_id, count in self.standing.items() if node_id not in self.proposal.live)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody notices anything."""
        return not (self.removed or self.waits or self.too_late or self.again or self.old_words)


def review_of(proposal: Proposal, choices: Choices | None = None) -> Review:
    """What applying the proposal means to the people inside, with the choices made so far."""
    campaign, chosen = proposal.campaign, choices or Choices()
    standing = people.standing_at(campaign)
    return Review(
        proposal=proposal,
        removed=_removed(proposal, standing),
        waits=_waits(proposal),
        too_late=_too_late(proposal, standing),
        again=_again(proposal, standing, chosen),
        old_words=_old_words(proposal),
        standing=standing,
        stops=tuple(stops_of(proposal)),
    )


def _removed(proposal: Proposal, standing: Mapping[UUID, int]) -> list[OnRemoved]:
    nodes = [
        node for node in proposal.live.nodes if node.id in proposal.match.removed and standing.get(node.id)
    ]
    queued = people.queued_at(proposal.campaign, [node.id for node in nodes if is_sending(node)])
    return [OnRemoved(node, standing[node.id], queued.get(node.id, 0)) for node in nodes]


def retimed_steps(proposal: Proposal) -> list[UUID]:
    """The steps that stay with other settings and let people wait."""
    return [
        proposal.running_id(step) for step in proposal.changed("settings") if not is_sending(step.node)
    ]  # fmt: skip


def _waits(proposal: Proposal) -> list[OnWait]:
    steps = retimed_steps(proposal)
    sums = waits.sums_of(waits.retimed(proposal.campaign, proposal.graph, steps))
    return [OnWait(proposal.graph.node(one), sums[one]) for one in steps if one in sums]


def _too_late(proposal: Proposal, standing: Mapping[UUID, int]) -> list[TooLate]:
    kept = [one for one in standing if one in proposal.match.kept]
    found = []
    for node in proposal.graph.nodes:
        if node.id in proposal.match.new | proposal.match.returning:
            behind = places.behind(proposal.graph, node.id, kept)
            if behind:
                found.append(TooLate(node, sum(standing[one] for one in behind), behind))
    return found


def met_again(proposal: Proposal, standing: Iterable[UUID], choices: Choices) -> frozenset[tuple[UUID, UUID]]:
    """(place, sending step) that people come to only because of the change, and may have had."""
    match = proposal.match
    sending = [node.id for node in proposal.graph.nodes if is_sending(node) and node.id not in match.new]
    moves: dict[UUID, UUID | None] = {}
    for one in standing:
        if one in match.removed:
            removal = choices.removal(one)
            moves[one] = removal.target if removal.what == MOVE else None
        elif one in match.kept:
            moves[one] = one
    return places.met_again(proposal.live, proposal.graph, moves, sending)


def _again(proposal: Proposal, standing: Mapping[UUID, int], choices: Choices) -> list[Again]:
    met = met_again(proposal, standing, choices)
    counts = people.had_before(proposal.campaign, met)
    return [
        Again(node, counts[node.id], frozenset(place for place, step in met if step == node.id))
        for node in proposal.graph.nodes
        if counts.get(node.id)
    ]


def said_anew(proposal: Proposal) -> list[Node]:
    """The steps that stay and say something else."""
    said = {content_id for _, content_id in proposal.said_anew}
    return [
        node for node in proposal.live.nodes if node.content_id in said and node.id in proposal.match.kept
    ]


def _old_words(proposal: Proposal) -> list[OldWords]:
    nodes = said_anew(proposal)
    queued = people.queued_at(proposal.campaign, [node.id for node in nodes])
    return [OldWords(node, queued[node.id]) for node in nodes if queued.get(node.id)]


def stops_of(proposal: Proposal) -> Iterable[str]:
    """Why it cannot be applied as it stands."""
    campaign = proposal.campaign
    if proposal.comparison.is_empty:
        yield "The draft says what the campaign says already, so there is nothing to apply."
    for problem in problems_of(proposal.draft_id, has_event=campaign.event_at is not None):
        if problem.severity == "error":
            yield f"{problem.sentence} {problem.remedy}".strip()
    yield from _without_sender(campaign, proposal.live, proposal.graph)


def _without_sender(campaign: Campaign, live: Graph, proposed: Graph) -> Iterable[str]:
    new = [medium for medium in media_in(proposed) if medium not in media_in(live)]
    senders = senders_of(campaign) if new else {}
    for medium in new:
        thing, _, many = MEDIA.get(medium, ("channel", "message", "messages"))
        if not senders.get(medium):
            yield f"It sends {many} now, and no {thing} is chosen to send them from. Choose a {thing} in the settings."
