"""Where people stand, what comes next, and why they wait: said by the gates that hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text

from loumass.accounts.models import Organization, User
from loumass.campaigns.models import Campaign, Enrollment
from loumass.campaigns.reasons import Why, ended_because, held_because, waits_because
from loumass.campaigns.unsent import why_unsent
from loumass.campaigns.walked import walked_by
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.core.words import moment
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS
from loumass.messages.service import Waiting, why_wait

_MOST = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """One person in one campaign. `why` says why they wait and what could be done; `due_at` when it goes on."""

    enrollment_id: UUID
    campaign_id: UUID
    campaign: str
    event_at: datetime | None
    event_timezone: str | None
    status: str
    state: str
    stage: str
    step: str
    next_step: str
    why: Why
    due_at: datetime | None
    ended_at: datetime | None
    may_go_on: bool
    #: The message that they never got, and why; empty when there is none.
    missed: str = ""
    #: The message that waits for its turn, if it is that what they wait for.
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Around:
    """What the words need, read in sets before."""

    timezone: str
    campaigns: Mapping[UUID, Campaign]
    graphs: Mapping[UUID, Graph]
    messages: Mapping[UUID, Row[Any]]
    waiting: Mapping[UUID, Sequence[Waiting]]
    names: Mapping[str, str]
    missed: Mapping[UUID, str]


def standings(enrollments: Sequence[Enrollment], *, asks_gates: bool = True) -> dict[UUID, Standing]:
    """By enrollment id. A fixed number of statements, however many people and campaigns.

    Without `asks_gates` a queued message is only said to be queued: each gate looks at the whole queue, which
    is right for a page and too much for a file of everybody.
    """
    around = _around(enrollments, asks_gates)
    return {one.id: _standing(one, around) for one in enrollments}


def standings_of_contact(contact_id: UUID) -> list[Standing]:
    """A person's campaigns, those that run first, at most 20."""
    enrollments = db().scalars(
        select(Enrollment)
        .where(Enrollment.contact_id == contact_id)
        .order_by(Enrollment.state == "ended", Enrollment.enrolled_at.desc(), Enrollment.id)
        .limit(_MOST)
    ).all()  # fmt: skip
    return list(standings(enrollments).values())


# The message of the step where they stand.
_MESSAGES = text("""
    SELECT m.step_id, m.id, m.medium, m.state, m.due_at, m.waiting_for FROM message m
    WHERE m.organization_id = :organization_id AND m.step_id = ANY(CAST(:steps AS uuid[]))
""")


def _around(enrollments: Sequence[Enrollment], asks_gates: bool) -> _Around:
    campaigns = db().scalars(
        select(Campaign).where(Campaign.id.in_({one.campaign_id for one in enrollments}))
    )
    by_id = {campaign.id: campaign for campaign in campaigns}
    steps = [one.step_id for one in enrollments if one.step_id and one.state != "ended"]
    bound = {"organization_id": current_organization_id(), "steps": steps}
    messages = {row.step_id: row for row in db().execute(_MESSAGES, bound)} if steps else {}
    queued = [row.id for row in messages.values() if row.state == "queued"]
    holders = {(one.waiting_for or {}).get("by") for one in enrollments if one.state == "held"} - {None, ""}
    return _Around(
        timezone=db().get_one(Organization, current_organization_id()).timezone,
        campaigns=by_id,
        graphs=_graphs(enrollments, by_id),
        messages=messages,
        waiting=why_wait(queued) if queued and asks_gates else {},
        names=_names(holders),
        missed=why_unsent([one.id for one in enrollments]),
    )


def _graphs(enrollments: Sequence[Enrollment], campaigns: Mapping[UUID, Campaign]) -> dict[UUID, Graph]:
    """By the campaign's graph, with the older versions on which they stand."""
    places: dict[UUID, set[UUID | None]] = {campaign.graph_id: set() for campaign in campaigns.values()}
    for one in enrollments:
        if one.state != "ended":
            places[campaigns[one.campaign_id].graph_id].add(one.node_id)
    return walked_by(places)


def _names(user_ids: set[Any]) -> dict[str, str]:
    if not user_ids:
        return {}
    found = db().execute(select(User.id, User.name).where(User.id.in_([UUID(one) for one in user_ids])))
    return {str(user_id): name for user_id, name in found}


def _standing(one: Enrollment, around: _Around) -> Standing:
    campaign = around.campaigns[one.campaign_id]
    graph = around.graphs[campaign.graph_id]
    why, due_at = _why(one, campaign, around)
    message = around.messages.get(one.step_id) if one.step_id and one.state != "ended" else None
    return Standing(
        enrollment_id=one.id,
        campaign_id=campaign.id,
        campaign=campaign.name,
        event_at=campaign.event_at,
        event_timezone=campaign.event_timezone,
        status=one.status,
        state=one.state,
        stage=one.stage,
        step=graph.node(one.node_id).name if one.node_id and one.node_id in graph else "",
        next_step=next_step(graph, one),
        why=why,
        due_at=due_at,
        ended_at=one.ended_at,
        may_go_on=_may_go_on(one, around),
        missed=around.missed.get(one.id, ""),
        message_id=message.id if message is not None and message.state == "queued" else None,
    )


def _may_go_on(one: Enrollment, around: _Around) -> bool:
    """Whether a person may let them go on: who is on hold, and who is parked while they are away."""
    waits_for = (one.waiting_for or {}).get("for")
    if one.state == "held":
        return waits_for not in ("settlement", "opt_out")
    message = around.messages.get(one.step_id) if one.step_id else None
    is_parked = message is not None and message.state == "queued" and message.waiting_for == "away"
    return one.state == "waiting" and (waits_for == "away" or is_parked)


def next_step(graph: Graph, one: Enrollment) -> str:
    """What comes next for them: a message that is on its way, the step behind a wait, or that it depends."""
    if one.state == "ended":
        return ""
    here = one.node_id or graph.start
    if here is None or here not in graph:
        return ""
    kind = KINDS.get(graph.node(here).kind)
    if one.node_id is None or (kind is not None and kind.medium):
        return graph.node(here).name
    targets = list(dict.fromkeys(graph.ways_out(here).values()))
    if not targets:
        return "The end"
    return (
        graph.node(targets[0]).name if len(targets) == 1 else " or ".join(graph.node(t).name for t in targets)
    )


def _why(one: Enrollment, campaign: Campaign, around: _Around) -> tuple[Why, datetime | None]:
    def when(at: datetime | None) -> str:
        return moment(at, around.timezone) if at else ""

    if one.state == "ended":
        return ended_because(one, when), None
    if one.state == "held":
        return held_because(one, around.names, when), None
    if campaign.state != "running":
        return _rests(campaign, when), None
    if campaign.changing_since is not None:
        return Why("A change of the campaign is being applied", "player-pause"), None
    return _waits(one, around)


def _waits(one: Enrollment, around: _Around) -> tuple[Why, datetime | None]:
    """Behind their message, if there is one; else by the step's own words."""
    message = around.messages.get(one.step_id) if one.step_id else None
    if message is not None and message.state == "queued":
        gates = around.waiting.get(message.id, ())
        return (
            (waits_because(gates), gates[0].until) if gates else (Why("Its message is queued", "send"), None)
        )
    if message is not None and message.state == "sending":
        return Why("It is being sent now", "send"), None
    if one.state == "waiting" and one.waiting_for:
        return Why(str(one.waiting_for.get("because") or "Waits"), "clock"), _asked_until(one)
    return Why("Goes on in a moment", "clock"), one.due_at


def _rests(campaign: Campaign, when: Any) -> Why:
    if campaign.state == "paused":
        return Why("The campaign is paused", "player-pause")
    if campaign.state == "scheduled":
        return Why(f"The campaign starts {when(campaign.starts_at)}", "calendar-event")
    if campaign.state == "draft":
        return Why("The campaign has not started", "circle-dashed")
    return Why("The campaign was cancelled", "ban")


def _asked_until(one: Enrollment) -> datetime | None:
    """A question that is asked again and again keeps when it ends beside."""
    until = (one.waiting_for or {}).get("until")
    return datetime.fromisoformat(until) if until else one.due_at
