"""What comes of what only people or vendors can tell: the steps that ask them, their ways, and the usual share of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from loumass.campaigns.simulating.habits import DAYS
from loumass.campaigns.simulating.subjects import Subject
from loumass.core import clock
from loumass.funnels.decisions import FAILED, NEXT, TIMEOUT
from loumass.funnels.graph import branches_of
from loumass.funnels.node import Node
from loumass.funnels.simulating.carrying import BY_PEOPLE
from loumass.outgoing import service as outgoing
from loumass.tasks import service as tasks

#: Fewer say nothing.
ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A step that people or vendors decide: its ways (name -> words), and which per cent of them each takes. `known` of how
    many tasks or calls; 0 where all outcomes are taken to be alike."""

    key: str
    name: str
    kind: str
    ways: Mapping[str, str]
    usual: Mapping[str, int]
    known: int = 0

    @property
    def shares(self) -> dict[str, float]:
        """The usual ones, from 0 to 1."""
        return {way: per_cent / 100 for way, per_cent in self.usual.items() if per_cent}


def outcomes_of(subject: Subject) -> list[Outcomes]:
    """Of every step of the funnel whose ways people or vendors choose. One statement for tasks and one for calls."""
    asking = [node for node in subject.graph.nodes if len(_ways(node)) > 1]
    known = _known(asking) if subject.campaign is not None else {}
    return [_outcomes(node, known.get(node.id, {})) for node in asking]


def _ways(node: Node) -> dict[str, str]:
    if node.kind not in BY_PEOPLE:
        return {}
    return {branch.name: branch.label for branch in branches_of(node) or ()}


def _known(nodes: Sequence[Node]) -> dict[UUID, dict[str, int]]:
    if not nodes:
        return {}
    since, ids = clock.now() - timedelta(days=DAYS), [node.id for node in nodes]
    calls = {
        node_id: {NEXT: answered, FAILED: given_up}
        for node_id, (answered, given_up) in outgoing.ended_since(since, ids).items()
    }
    return tasks.outcomes_since(since, ids) | calls


def _outcomes(node: Node, known: Mapping[str, int]) -> Outcomes:
    ways = _ways(node)
    counts = {way: known.get(way, 0) for way in ways}
    # An outcome that the step does not offer any more went on as anything else does.
    counts[NEXT] = counts.get(NEXT, 0) + sum(number for way, number in known.items() if way not in ways)
    total = sum(counts.values())
    if total < ENOUGH:
        named = [way for way in ways if node.kind != "task" or way not in (NEXT, TIMEOUT)] or list(ways)
        return Outcomes(node.key, node.name, node.kind, ways, _per_cent(dict.fromkeys(named, 1), ways))
    return Outcomes(node.key, node.name, node.kind, ways, _per_cent(counts, ways), total)


def _per_cent(counts: Mapping[str, int], ways: Mapping[str, str]) -> dict[str, int]:
    """Whole numbers that add up to 100: what is cut off goes to the largest rests."""
    total = sum(counts.values())
    cut = {way: divmod(100 * counts.get(way, 0), total) for way in ways}
    left = 100 - sum(whole for whole, _ in cut.values())
    ahead = sorted(ways, key=lambda way: -cut[way][1])[:left]
    return {way: whole + (way in ahead) for way, (whole, _) in cut.items()}
