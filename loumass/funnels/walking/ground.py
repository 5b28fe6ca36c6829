"""What a slice stands on: the graph, the moment, who stands where, and what a step may ask the engine to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loumass.accounts.days_off.reading import days_off
from loumass.funnels.node import Node
from loumass.funnels.walking.verdict import Verdict
from loumass.funnels.walking.walker import NewStep, Walker

if TYPE_CHECKING:
    from loumass.funnels.graph import Graph

UTC = ZoneInfo("UTC")


@dataclass(slots=True)
class News:
    """Whom a fact is about that is the same for all of them."""

    enrollments: list[UUID] = field(default_factory=list)
    contacts: list[UUID] = field(default_factory=list)


#: Kind of fact, node, and what else it says.
Told = tuple[str, UUID | None, tuple[tuple[str, str], ...]]


@dataclass(slots=True, kw_only=True)
class Ground(ABC):
    """`standing`: people to decide on now, by node; `news`: facts to tell. Filled while a slice runs.

    `home` is the organization's timezone: where a contact's is not known.
    """

    organization_id: UUID
    campaign_id: UUID
    graph: Graph
    now: datetime
    home: ZoneInfo
    event_at: datetime | None = None
    event_timezone: str | None = None
    #: Who the campaign is of.
    owner_id: UUID | None = None
    walkers: list[Walker] = field(default_factory=list)
    standing: dict[UUID, list[Walker]] = field(default_factory=lambda: defaultdict(list))
    #: Steps of earlier slices that were left in this one, with their outcome; and steps entered in this one.
    left: dict[UUID, str] = field(default_factory=dict)
    entered: list[NewStep] = field(default_factory=list)
    news: dict[Told, News] = field(default_factory=lambda: defaultdict(News))
    _days_off: Mapping[date, str] | None = None

    def bound(self, **more: Any) -> dict[str, Any]:
        """What a statement binds: the organization and `more`."""
        return {"organization_id": self.organization_id, **more}

    def tell(self, kind: str, walker: Walker, **facts: str) -> None:
        """Remember a fact about `walker` for the end of the slice."""
        told = self.news[kind, walker.node_id, tuple(facts.items())]
        told.enrollments.append(walker.id)
        told.contacts.append(walker.contact_id)

    def steps_called(self, key: str) -> list[UUID]:
        """The nodes known as `key`; none for a step that is no more."""
        return [node.id for node in self.graph.nodes if node.key == key]

    def days_off(self) -> Mapping[date, str]:
        """The organization's days off by date; read once in a slice, if a step asks for them."""
        if self._days_off is None:
            self._days_off = days_off()
        return self._days_off

    def said_alike(self) -> Mapping[str, str | None]:
        """What merge tags that are not the contact's stand for, for everybody in this campaign."""
        return {}

    @abstractmethod
    def send(self, node: Node, walkers: Sequence[Walker]) -> Verdict:
        """Plan one message for each who has none of this visit yet; the others leave or stay by what became of theirs."""


def zone_or(name: str | None, otherwise: ZoneInfo) -> ZoneInfo:
    """The timezone called `name`; `otherwise` for none and for one that does not exist: a bad cell stops nobody."""
    if not name:
        return otherwise
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return otherwise
