"""What a slice stands on: the campaign, its graph, the moment, and who stands where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.pooling import senders_of
from loumass.campaigns.walked import Walked, steps_called
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.funnels.graph import Graph

UTC = ZoneInfo("UTC")


@dataclass(slots=True)
class NewStep:
    """A step that was entered in this slice, and perhaps left in it as well. Only those where somebody stays, or is
    sent something, need an id here; the database gives the others theirs."""

    walker: Walker
    node_id: UUID
    visit: int
    id: UUID | None = None
    left_at: datetime | None = None
    outcome: str | None = None


@dataclass(slots=True)
class Walker:
    """One claimed enrollment, as it changes while the slice runs. Its row is locked; `writing` writes it back."""

    id: UUID
    contact_id: UUID
    node_id: UUID | None
    step_id: UUID | None
    visit: int
    entered_at: datetime | None
    stage: str
    status: str
    status_changed_at: datetime | None
    is_catching_up: bool
    replied_at: datetime | None
    last_sent_at: datetime | None
    #: The contact's; what it says may be no timezone at all.
    timezone: str | None
    state: str = "active"
    reason: str | None = None
    due_at: datetime | None = None
    waiting_for: dict[str, Any] | None = None
    #: The step it stands in, when it was entered in this slice; it has no id before somebody asks for one.
    new_step: NewStep | None = None

    def step(self) -> UUID | None:
        """The id of the step it stands in; None before the first."""
        if self.step_id is None and self.new_step is not None:
            self.step_id = self.new_step.id = uuid7()
        return self.step_id


@dataclass(slots=True)
class News:
    """Whom a fact is about that is the same for all of them."""

    enrollments: list[UUID] = field(default_factory=list)
    contacts: list[UUID] = field(default_factory=list)


#: Kind of fact, node, and what else it says.
Told = tuple[str, UUID | None, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class Ground:
    """`standing`: people to decide on now, by node; `news`: facts to tell. Filled while a slice runs."""

    campaign: Campaign
    organization: Organization
    graph: Graph
    now: datetime
    walkers: list[Walker] = field(default_factory=list)
    standing: dict[UUID, list[Walker]] = field(default_factory=lambda: defaultdict(list))
    #: Steps of earlier slices that were left in this one, with their outcome; and steps entered in this one.
    left: dict[UUID, str] = field(default_factory=dict)
    entered: list[NewStep] = field(default_factory=list)
    news: dict[Told, News] = field(default_factory=lambda: defaultdict(News))
    #: Steps of older versions of the campaign that somebody finishes on, and which version each is of.
    older: Mapping[UUID, int] = field(default_factory=dict)
    _senders: dict[str, list[Channel]] | None = None

    def senders(self, medium: str) -> Sequence[Channel]:
        """Who sends the campaign's messages on `medium`; read once in a slice."""
        if self._senders is None:
            self._senders = senders_of(self.campaign)
        return self._senders.get(medium, ())

    def stand_on(self, ground: Walked) -> None:
        """Walk older versions as well, where somebody stands on them."""
        self.graph, self.older = ground.graph, ground.older

    def version_of(self, node_id: UUID) -> int:
        """The campaign's version that a step of the node is taken on."""
        return self.older.get(node_id, self.campaign.version)

    def steps_called(self, key: str) -> list[UUID]:
        """The nodes known as `key`, on whatever version; none for a step that is no more."""
        if self.campaign.version > 1:
            return steps_called(self.campaign, key)
        return [node.id for node in self.graph.nodes if node.key == key]

    @property
    def home(self) -> ZoneInfo:
        """The organization's timezone: where a contact's is not known."""
        return zone_or(self.organization.timezone, UTC)

    def bound(self, **more: Any) -> dict[str, Any]:
        """What a statement binds: the organization and `more`."""
        return {"organization_id": self.campaign.organization_id, **more}

    def tell(self, kind: str, walker: Walker, **facts: str) -> None:
        """Remember a fact about `walker` for the end of the slice."""
        told = self.news[kind, walker.node_id, tuple(facts.items())]
        told.enrollments.append(walker.id)
        told.contacts.append(walker.contact_id)


def ground_of(campaign: Campaign, graph: Graph) -> Ground:
    """The ground under `campaign` at this moment."""
    organization = db().get_one(Organization, current_organization_id())
    return Ground(campaign, organization, graph, clock.now())


def zone_or(name: str | None, otherwise: ZoneInfo) -> ZoneInfo:
    """The timezone called `name`; `otherwise` for none and for one that does not exist: a bad cell stops nobody."""
    if not name:
        return otherwise
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return otherwise


def walking_order(graph: Graph) -> list[UUID]:
    """Every node once, before those it leads to (loops apart): a slice that follows it meets people at most once.

    Reverse postorder of a depth-first walk, without recursion.
    """
    seen: set[UUID] = set()
    done: list[UUID] = []
    for root in _roots(graph):
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(graph.ways_out(root).values()))]
        while path:
            here, ahead = path[-1]
            target = next((one for one in ahead if one not in seen), None)
            if target is None:
                done.append(here)
                path.pop()
            else:
                seen.add(target)
                path.append((target, iter(graph.ways_out(target).values())))
    return done[::-1]


def _roots(graph: Graph) -> Iterable[UUID]:
    """The start, then whatever it does not reach: that may lead into the rest, so it comes first in the order."""
    if graph.start is not None and graph.start in graph:
        yield graph.start
    yield from (node.id for node in graph.nodes)
