"""People who wait for a time that a change moves: recomputed with the pure step, in groups that agree to the minute.

Whoever is written to in the same minute waits for the same minute: however many people wait, there are few groups.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.accounts.days_off.reading import NONE, days_off
from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.decisions import WaitUntil
from loumass.funnels.facts import Facts
from loumass.funnels.graph import Graph, settings_of, skips_days_off
from loumass.funnels.kinds import kind_of
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import UTC, zone_or

#: So many groups are read at a time.
_TOGETHER = 2_000

#: Who waits for a time at one of `:nodes`; what those who are alike have in common.
TIMED = """
    e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.node_id = ANY(CAST(:nodes AS uuid[]))
    AND e.state = 'waiting' AND e.due_at IS NOT NULL AND e.waiting_for ->> 'for' = 'until'
"""
GROUPED = """
    date_trunc('minute', e.entered_at) AS entered_at, date_trunc('minute', e.last_sent_at) AS last_sent_at,
    date_trunc('minute', e.due_at) AS due_at, coalesce(contact.timezone, '') AS zone
"""
SOME = "AND e.id = ANY(CAST(:ids AS uuid[]))"
_GROUPS = f"""
    SELECT e.node_id, {GROUPED}, count(*) AS people FROM enrollment e
    JOIN contact ON contact.organization_id = :organization_id AND contact.id = e.contact_id
    WHERE {TIMED} {{some}} GROUP BY 1, 2, 3, 4, 5
"""
_ALL_GROUPS, _SOME_GROUPS = text(_GROUPS.format(some="")), text(_GROUPS.format(some=SOME))


@dataclass(frozen=True, slots=True)
class Alike:
    """People who wait at a step for the same time, and the time that the proposed settings give them."""

    node_id: UUID
    entered_at: datetime
    last_sent_at: datetime | None
    due_at: datetime
    zone: str
    people: int
    at: datetime
    because: str

    @property
    def is_earlier(self) -> bool:
        """Whether they go on sooner than they would."""
        return self.at < self.due_at

    @property
    def is_moved(self) -> bool:
        """Whether their time is another one."""
        return self.at != self.due_at


@dataclass(frozen=True, slots=True)
class Retimed:
    """How the people who wait at one step are moved in time: `now` would go on at once, `today` before the day is over."""

    node_id: UUID
    waiting: int = 0
    earlier: int = 0
    now: int = 0
    today: int = 0
    later: int = 0


def retimed(
    campaign: Campaign, graph: Graph, nodes: Collection[UUID], ids: Collection[UUID] | None = None
) -> Iterator[Alike]:
    """Everybody (or who of `ids`) waits for a time at one of the nodes, and the time that `graph` gives them."""
    known = {one: _Deciding.on(graph.node(one)) for one in nodes if one in graph}
    if not known:
        return
    organization = db().get_one(Organization, current_organization_id())
    home = zone_or(organization.timezone, UTC)
    closed = days_off() if skips_days_off(graph) else NONE
    for row in _groups(campaign, known, ids):
        entered_at = row.entered_at
        facts = Facts(
            enrollment_id=row.node_id, entered_at=entered_at, timezone=zone_or(row.zone, home),
            last_sent_at=row.last_sent_at, event_at=campaign.event_at,
            event_timezone=zone_or(campaign.event_timezone, home), days_off=closed,
        )  # fmt: skip
        at, because = known[row.node_id].target(facts)
        yield Alike(row.node_id, entered_at, row.last_sent_at, row.due_at, row.zone, row.people, at, because)


def _groups(campaign: Campaign, nodes: Iterable[UUID], ids: Collection[UUID] | None) -> Iterable[Row[Any]]:
    bound = _of(campaign, nodes=uuid_array(nodes))
    if ids is not None:
        return db().execute(_SOME_GROUPS, {**bound, "ids": uuid_array(ids)})
    # However many groups there are, they are not held together.
    return db().execute(_ALL_GROUPS, bound, execution_options={"yield_per": _TOGETHER})


@dataclass(frozen=True, slots=True)
class _Deciding:
    """A step whose settings were read once. None: they lead nowhere, and the engine will hold people there, visibly."""

    node: Node
    config: Any | None

    @classmethod
    def on(cls, node: Node) -> _Deciding:
        return cls(node, settings_of(node))

    def target(self, facts: Facts) -> tuple[datetime, str]:
        """Asked as of the moment they came, a wait says its whole time. What is no wait any more is decided on at once."""
        if self.config is None:
            return facts.entered_at, ""
        try:
            decision = kind_of(self.node.kind).decide(self.node, self.config, facts, facts.entered_at)
        except ValueError:
            return facts.entered_at, ""
        if not isinstance(decision, WaitUntil):
            return facts.entered_at, ""
        return decision.at.replace(second=0, microsecond=0), decision.because


def sums_of(groups: Iterable[Alike]) -> dict[UUID, Retimed]:
    """The groups added up by step. Days are those of the organization."""
    organization = db().get_one(Organization, current_organization_id())
    now = clock.now()
    zone = zone_or(organization.timezone, UTC)
    tonight = (now.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    sums: dict[UUID, dict[str, int]] = {}
    for one in groups:
        here = sums.setdefault(one.node_id, dict.fromkeys(("waiting", "earlier", "now", "today", "later"), 0))
        here["waiting"] += one.people
        if one.is_earlier:
            here["earlier"] += one.people
            here["now"] += one.people if one.at <= now else 0
            here["today"] += one.people if one.at < tonight else 0
        elif one.is_moved:
            here["later"] += one.people
    return {node_id: Retimed(node_id, **counts) for node_id, counts in sums.items()}


def _of(campaign: Campaign, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "campaign_id": campaign.id, **more}
