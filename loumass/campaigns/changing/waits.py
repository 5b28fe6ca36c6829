"""People who wait for a time that a change moves: recomputed with the pure step, in groups that agree to the minute.

Whoever is written to in the same minute waits for the same minute: however many people wait, there are few groups.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.accounts.days_off.reading import NONE, days_off
from loumass.accounts.models import Organization
from loumass.campaigns.changing.choices import KEEP, SPREAD, Choices
from loumass.campaigns.models import Campaign
from loumass.core import clock
from loumass.core.arrays import integer_array, moment_array, uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.decisions import WaitUntil
from loumass.funnels.facts import Facts
from loumass.funnels.graph import Graph, settings_of, skips_days_off
from loumass.funnels.kinds import kind_of
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import UTC, zone_or

TURN = "Its turn after the change"
_NEVER = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)

_TIMED = """
    e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.node_id = ANY(CAST(:nodes AS uuid[]))
    AND e.state = 'waiting' AND e.due_at IS NOT NULL AND e.waiting_for ->> 'for' = 'until'
"""
_GROUPED = """
    date_trunc('minute', e.entered_at) AS entered_at, date_trunc('minute', e.last_sent_at) AS last_sent_at,
    date_trunc('minute', e.due_at) AS due_at, coalesce(contact.timezone, '') AS zone
"""
_GROUPS = text(f"""
    SELECT e.node_id, {_GROUPED}, count(*) AS people FROM enrollment e
    JOIN contact ON contact.organization_id = :organization_id AND contact.id = e.contact_id
    WHERE {_TIMED} GROUP BY 1, 2, 3, 4, 5
""")
# Locked in id order, as whoever else changes them does. What passed already keeps its place in the queue of those who are
# past due, so that a campaign that rests asks about it.
_RETIME = text(f"""
    WITH alike AS (
        SELECT * FROM unnest(CAST(:group_nodes AS uuid[]), CAST(:entered AS timestamptz[]), CAST(:sent AS timestamptz[]),
            CAST(:dues AS timestamptz[]), CAST(:zones AS text[]), CAST(:ats AS timestamptz[]), CAST(:becauses AS text[]),
            CAST(:hours AS integer[]))
            AS alike(node_id, entered_at, last_sent_at, due_at, zone, at, because, hours)
    ), waiting AS MATERIALIZED (
        SELECT e.id, e.node_id, {_GROUPED} FROM enrollment e
        JOIN contact ON contact.organization_id = :organization_id AND contact.id = e.contact_id
        WHERE {_TIMED} ORDER BY e.id FOR UPDATE OF e
    ), turn AS (
        SELECT waiting.id, alike.because, alike.hours, CASE WHEN alike.hours = 0 THEN alike.at ELSE
            CAST(:now AS timestamptz) + make_interval(hours => alike.hours)
            * (row_number() OVER (PARTITION BY alike.node_id, alike.hours > 0 ORDER BY alike.at, waiting.id) - 1)
            / count(*) OVER (PARTITION BY alike.node_id, alike.hours > 0) END AS due_at
        FROM waiting JOIN alike ON alike.node_id = waiting.node_id AND alike.entered_at = waiting.entered_at
            AND coalesce(alike.last_sent_at, :never) = coalesce(waiting.last_sent_at, :never)
            AND alike.due_at = waiting.due_at AND alike.zone = waiting.zone
    )
    UPDATE enrollment SET due_at = turn.due_at, waiting_for = CASE WHEN turn.hours = 0
        THEN jsonb_build_object('for', 'until', 'because', turn.because)
        ELSE jsonb_build_object('for', 'turn', 'because', CAST(:turn AS text)) END
    FROM turn WHERE enrollment.organization_id = :organization_id AND enrollment.id = turn.id
    RETURNING enrollment.id
""")
_ASK_ANEW = text("""
    WITH waiting AS MATERIALIZED (
        SELECT e.id FROM enrollment e
        WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.node_id = ANY(CAST(:nodes AS uuid[]))
          AND (e.state = 'waiting' AND e.waiting_for ->> 'for' NOT IN ('until', 'turn', 'away', 'message')
            OR e.state = 'held' AND e.waiting_for ->> 'for' IN ('event', 'mending'))
        ORDER BY e.id FOR UPDATE OF e
    )
    UPDATE enrollment SET state = 'active', reason = NULL, due_at = :now FROM waiting
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = waiting.id
    RETURNING enrollment.id
""")


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


def retimed(campaign: Campaign, graph: Graph, nodes: Collection[UUID]) -> list[Alike]:
    """Everybody who waits for a time at one of the nodes, and the time that `graph` gives them."""
    known = {one: _Deciding.on(graph.node(one)) for one in nodes if one in graph}
    if not known:
        return []
    organization = db().get_one(Organization, current_organization_id())
    home = zone_or(organization.timezone, UTC)
    found, closed = [], days_off() if skips_days_off(graph) else NONE
    for row in db().execute(_GROUPS, _of(campaign, nodes=uuid_array(known))):
        entered_at = row.entered_at
        facts = Facts(
            enrollment_id=row.node_id, entered_at=entered_at, timezone=zone_or(row.zone, home),
            last_sent_at=row.last_sent_at, event_at=campaign.event_at,
            event_timezone=zone_or(campaign.event_timezone, home), days_off=closed,
        )  # fmt: skip
        at, because = known[row.node_id].target(facts)
        found.append(
            Alike(row.node_id, entered_at, row.last_sent_at, row.due_at, row.zone, row.people, at, because)
        )
    return found


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


def carry_out(campaign: Campaign, graph: Graph, nodes: Collection[UUID], choices: Choices) -> int:
    """Move in time whom the change moves, as chosen; who waits for something else there is asked anew. How many moved."""
    if not nodes:
        return 0
    now = clock.now()
    moved = [one for one in retimed(campaign, graph, nodes) if _is_chosen(one, choices)]
    rows: Sequence[Any] = ()
    if moved:
        rows = db().execute(_RETIME, _of(campaign, now=now, never=_NEVER, turn=TURN, **_columns(moved, choices, now))).all()  # fmt: skip
    anew = db().execute(_ASK_ANEW, _of(campaign, nodes=uuid_array(nodes), now=now)).all()
    return len(rows) + len(anew)


def _is_chosen(one: Alike, choices: Choices) -> bool:
    if not one.is_moved:
        return False
    return not (one.is_earlier and choices.timing(one.node_id).what == KEEP)


def _columns(moved: Sequence[Alike], choices: Choices, now: datetime) -> Mapping[str, Any]:
    def hours(one: Alike) -> int:
        timing = choices.timing(one.node_id)
        return timing.hours if timing.what == SPREAD and one.is_earlier and one.at <= now else 0

    return {
        "nodes": uuid_array({one.node_id for one in moved}),
        "group_nodes": uuid_array(one.node_id for one in moved),
        "entered": moment_array(one.entered_at for one in moved),
        "sent": moment_array(one.last_sent_at for one in moved),
        "dues": moment_array(one.due_at for one in moved),
        "zones": [one.zone for one in moved],
        "ats": moment_array(one.at for one in moved),
        "becauses": [one.because for one in moved],
        "hours": integer_array(hours(one) for one in moved),
    }


def _of(campaign: Campaign, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "campaign_id": campaign.id, **more}
