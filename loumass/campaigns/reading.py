"""Who opened and clicked in a campaign: people, machines, and those of whom nobody knows. All three are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

MOST_LINKS = 100


@dataclass(frozen=True, slots=True)
class Shares:
    """E-mails by the best that is known of their visitors: a person, perhaps one, machines only."""

    human: int = 0
    unknown: int = 0
    machine: int = 0

    @property
    def total(self) -> int:
        """All that were visited by anybody."""
        return self.human + self.unknown + self.machine

    def __add__(self, other: Shares) -> Shares:
        """Of both."""
        return Shares(self.human + other.human, self.unknown + other.unknown, self.machine + other.machine)


@dataclass(frozen=True, slots=True)
class Read:
    """Opened and clicked e-mails, of one step or of the whole campaign."""

    opened: Shares = field(default_factory=Shares)
    clicked: Shares = field(default_factory=Shares)


@dataclass(frozen=True, slots=True)
class LinkRead:
    """One link of a step, and the e-mails in which it was clicked."""

    node_id: UUID | None
    href: str
    clicked: Shares


@dataclass(frozen=True, slots=True)
class DayRead:
    """E-mails that people opened, and links that they clicked, for the first time on a day."""

    day: date
    opened: int
    clicked: int


_BEST = """
    count(*) FILTER (WHERE human > 0) AS human, count(*) FILTER (WHERE human = 0 AND unknown > 0) AS unknown,
    count(*) FILTER (WHERE human = 0 AND unknown = 0) AS machine
"""
_BY_STEP = text(f"""
    SELECT node_id, is_click, {_BEST} FROM (
        SELECT node_id, message_id, link > 0 AS is_click, sum(human) AS human, sum(unknown) AS unknown FROM hit_count
        WHERE organization_id = :organization_id AND stream_id = :campaign_id GROUP BY node_id, message_id, link > 0) mail
    GROUP BY node_id, is_click
""")
_BY_LINK = text(f"""
    SELECT counted.*, l.href FROM (
        SELECT node_id, link, {_BEST} FROM hit_count
        WHERE organization_id = :organization_id AND stream_id = :campaign_id AND link > 0
        GROUP BY node_id, link ORDER BY count(*) FILTER (WHERE human > 0) DESC, count(*) DESC, link LIMIT :most) counted
    JOIN content_link l ON l.organization_id = :organization_id AND l.ref = counted.link
    ORDER BY counted.human DESC, counted.link
""")
# A step is one, on whatever version of the campaign its message was planned; what was taken out stays by itself.
_AS_NOW = text("""
    SELECT sent_as.id, here.id AS now_id FROM node sent_as
    JOIN campaign ON campaign.organization_id = :organization_id AND campaign.id = :campaign_id
    JOIN node here ON here.organization_id = :organization_id AND here.graph_id = campaign.graph_id
        AND here.key = sent_as.key AND here.kind = sent_as.kind
    WHERE sent_as.organization_id = :organization_id AND sent_as.id = ANY(CAST(:nodes AS uuid[]))
""")
_BY_DAY = text("""
    SELECT day, coalesce(sum(count) FILTER (WHERE kind = 'message.opened'), 0) AS opened,
           coalesce(sum(count) FILTER (WHERE kind = 'message.clicked'), 0) AS clicked
    FROM daily_count
    WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND kind IN ('message.opened', 'message.clicked')
    GROUP BY day ORDER BY day DESC LIMIT :most
""")


def read_by_step(campaign_id: UUID) -> Mapping[UUID | None, Read]:
    """What was opened and clicked, by step; under None the whole campaign. Empty where nothing was."""
    found: dict[UUID | None, dict[str, Shares]] = {}
    rows = db().execute(_BY_STEP, _bound(campaign_id)).all()
    now = _as_now(campaign_id, [row.node_id for row in rows])
    for row in rows:
        what = "clicked" if row.is_click else "opened"
        for place in {now.get(row.node_id, row.node_id), None}:
            here = found.setdefault(place, {})
            here[what] = here.get(what, Shares()) + Shares(row.human, row.unknown, row.machine)
    return {node_id: Read(**shares) for node_id, shares in found.items()}


def read_by_link(campaign_id: UUID) -> Sequence[LinkRead]:
    """Links that anybody followed, those that people clicked first, at most 100."""
    rows = db().execute(_BY_LINK, _bound(campaign_id, most=MOST_LINKS)).all()
    now = _as_now(campaign_id, [row.node_id for row in rows])
    found: dict[tuple[UUID | None, str], Shares] = {}
    for row in rows:
        link = now.get(row.node_id, row.node_id), row.href
        found[link] = found.get(link, Shares()) + Shares(row.human, row.unknown, row.machine)
    links = [LinkRead(node_id, href, clicked) for (node_id, href), clicked in found.items()]
    return sorted(links, key=lambda one: -one.clicked.human)


def _as_now(campaign_id: UUID, nodes: Collection[UUID | None]) -> Mapping[UUID | None, UUID]:
    """Which steps of the running graph those are: they may be of older versions."""
    if not nodes:
        return {}
    rows = db().execute(_AS_NOW, _bound(campaign_id, nodes=uuid_array(set(nodes))))
    return {row.id: row.now_id for row in rows}


def read_by_day(campaign_id: UUID, days: int) -> Sequence[DayRead]:
    """The last so many days on which people opened or clicked, the oldest first."""
    rows = db().execute(_BY_DAY, _bound(campaign_id, most=days)).all()
    return [DayRead(row.day, row.opened, row.clicked) for row in reversed(rows)]


def _bound(campaign_id: UUID, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "campaign_id": campaign_id, **more}
