"""A simulation made ready: the people, senders and limits of now, read in one transaction that may write nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from loumass.accounts.days_off.reading import NONE, days_off
from loumass.accounts.models import Organization
from loumass.campaigns.advancing.ground import ground_of
from loumass.campaigns.changing.people import standing_at
from loumass.campaigns.pooling import senders_of as pool_of
from loumass.campaigns.preflight.finding import media_in
from loumass.campaigns.simulating import audience, senders
from loumass.campaigns.simulating.asking_rules import unknown_of
from loumass.campaigns.simulating.reach import SYNTHETIC_VOICE
from loumass.campaigns.simulating.sampling import invented
from loumass.campaigns.simulating.subjects import Subject, subject_of
from loumass.campaigns.simulating.trials import trials_in, turns_in
from loumass.campaigns.simulating.wishes import Wish
from loumass.campaigns.walked import Walked, walked
from loumass.channels.models import Channel
from loumass.content.composing import Draft
from loumass.content.freezing import organization_values
from loumass.content.previewing import counted
from loumass.content.vocabulary import EXAMPLES
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.facts import MessageOutcome
from loumass.funnels.graph import Graph, skips_days_off
from loumass.funnels.kinds import KINDS
from loumass.funnels.service import written_in
from loumass.funnels.simulating import senders as pure
from loumass.funnels.simulating.by_hand import Script
from loumass.funnels.simulating.chances import Seeded
from loumass.funnels.simulating.ledger import Ledger
from loumass.funnels.simulating.running import Plan, Simulation
from loumass.funnels.walking.ground import UTC, zone_or

#: Virtual time ends here.
HORIZON = timedelta(days=730)
_READ_ONLY = text("SET TRANSACTION READ ONLY")
_OUTCOMES = {
    "sent": MessageOutcome.SENT,
    "failed": MessageOutcome.FAILED,
    "cancelled": MessageOutcome.CANCELLED,
}


@dataclass(slots=True)
class Ready:
    """A simulation with everybody in it, and what its report names."""

    subject: Subject
    wish: Wish
    home: ZoneInfo
    simulation: Simulation
    senders: list[pure.Sender]
    inside: int = 0
    added: int = 0
    is_cut: bool = False
    #: Where the first of them lives.
    zone_of_first: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Only:
    """Nobody but one contact (of a template: somebody invented), who does what the script says."""

    contact_id: UUID | None
    script: Script


def read(
    wish: Wish,
    tells: Callable[[int], None] = lambda count: None,
    keeps: Callable[[ZoneInfo], Ledger] = Ledger,
    only: Only | None = None,
) -> Ready:
    """Everything that `wish` stands on. From here on the transaction (or the savepoint that is open) may only read. Raises NotFound, Refused.

    `tells` hears how many people were read; `keeps` makes the ledger.
    """
    db().execute(_READ_ONLY)
    subject, ground = _walked(subject_of(wish.graph_id))
    organization = db().get_one(Organization, current_organization_id())
    home = zone_or(organization.timezone, UTC)
    channels = _channels(subject, wish)
    everybody = [one for pool in channels.values() for one in pool]
    brands = senders.brands_of([one.id for one in everybody], home)
    begins = begins_at(subject, wish)
    found = [_at(begins, home, one) for one in senders.senders_of(everybody, brands)]
    pools = {medium: [one for one in found if one.medium == medium] for medium in channels}
    plan = _plan(subject, ground, wish, organization, begins, pools, senders.limits_now(home, found, brands))
    if only is not None:
        plan = replace(plan, chances=only.script, chooses=only.script.choose)
    ready = Ready(subject, wish, home, Simulation(plan, keeps(home)), found)
    _seat(ready, _members(ready, ground, pools, tells, only))
    return ready


def _walked(subject: Subject) -> tuple[Subject, Walked]:
    """With the older versions that some of its people finish on."""
    campaign = subject.campaign
    ground = walked(subject.graph, standing_at(campaign)) if campaign is not None else Walked(subject.graph)
    return replace(subject, graph=ground.graph), ground


def _plan(
    subject: Subject,
    ground: Walked,
    wish: Wish,
    organization: Organization,
    begins: datetime,
    pools: Mapping[str, Sequence[pure.Sender]],
    limits: pure.Limits,
) -> Plan:
    words = {key: said for one in (subject.graph_id, *ground.others) for key, said in written_in(one).items()}
    return Plan(
        graph=subject.graph,
        begins=begins,
        ends=begins + HORIZON,
        limits=limits,
        chances=Seeded(wish.rates, wish.seed),
        senders=pools,
        exits_on_reply=subject.campaign is None or subject.campaign.is_exit_on_reply,
        assumed=wish.assumed,
        segments=_segments(subject.graph, words, organization),
        needs=_needs(subject.graph, words),
        trials=trials_in(subject.graph),
        turns=turns_in(subject.graph),
        older=ground.older,
        event_at=subject.campaign.event_at if subject.campaign is not None else None,
    )


def begins_at(subject: Subject, wish: Wish) -> datetime:
    """When it begins: as was asked, at the time that was agreed on, or now."""
    if wish.begins_at is not None:
        return wish.begins_at
    campaign = subject.campaign
    agreed = campaign.starts_at if campaign is not None and campaign.state == "scheduled" else None
    return max(agreed, clock.now()) if agreed else clock.now()


def _at(begins: datetime, home: ZoneInfo, sender: pure.Sender) -> pure.Sender:
    """As it stands when it begins: on another day nothing of its cap is used, and its warm-up has climbed."""
    if begins.astimezone(home).date() == clock.now().astimezone(home).date():
        return sender
    return replace(sender, used=0, climbed=sender.climbed + bool(sender.used))


def _channels(subject: Subject, wish: Wish) -> Mapping[str, Sequence[Channel]]:
    """Those of the campaign; of a template, the ones that were chosen."""
    if subject.campaign is not None:
        found = pool_of(subject.campaign)
        return {medium: found.get(medium, []) for medium in media_in(subject.graph)}
    chosen = {UUID(one) for one in wish.channels.values() if one}
    by_medium: dict[str, list[Channel]] = {medium: [] for medium in media_in(subject.graph)}
    for one in senders.channels_named(chosen):
        if one.medium in by_medium:
            by_medium[one.medium].append(one)
    return by_medium


def _members(
    ready: Ready,
    walks: Walked,
    pools: Mapping[str, Sequence[pure.Sender]],
    tells: Callable[[int], None],
    only: Only | None,
) -> list[audience.Member]:
    campaign = ready.subject.campaign
    if campaign is None:
        days_off_known = days_off() if skips_days_off(ready.subject.graph) else NONE
        count = 1 if only else ready.wish.sample
        return list(
            invented(count, ready.wish.seed, ready.home, unknown_of(ready.subject.graph, days_off_known))
        )
    ground = ground_of(campaign, ready.subject.graph)
    ground.stand_on(walks)
    asked = audience.Asked(
        ground=ground,
        graph=ready.subject.graph,
        source=dict(ready.wish.source),
        seed=ready.wish.seed,
        media=list(pools),
        pools=[medium for medium, pool in pools.items() if len(pool) > 1],
        is_synthetic=bool(ready.simulation.plan.needs),
        has_budget=ready.simulation.plan.limits.budget.is_set,
        only=only.contact_id if only else None,
    )
    people = audience.Audience(asked, tells)
    members = list(people.members())
    ready.is_cut = people.is_cut
    return members


def _seat(ready: Ready, members: list[audience.Member]) -> None:
    """Put everybody where they stand, in the order in which the engine takes them."""
    known = {one.id: one for one in ready.senders}
    also = {one.channel_id for one in members if one.channel_id}
    also |= {channel_id for one in members for channel_id in (one.person.kept or {}).values()}
    missing = senders.channels_named(also - set(known))
    ready.senders += senders.senders_of(missing, senders.brands_of([one.id for one in missing], ready.home))
    by_id = {one.id: one for one in ready.senders}
    stream_id = ready.subject.campaign.id if ready.subject.campaign else None
    for sender in ready.senders:
        ready.simulation.mail.take_along(sender, senders.waiting_for_others(sender, stream_id, ready.home))
    begins = ready.simulation.plan.begins
    for member in sorted(members, key=lambda one: _turn(one, begins)):
        _sit(ready.simulation, member, by_id)
        ready.zone_of_first = ready.zone_of_first or member.person.zone
        ready.inside += member.is_inside
        ready.added += not member.is_inside


def _turn(member: audience.Member, begins: datetime) -> tuple[datetime, int]:
    due = member.message_due_at or member.due_at or begins
    return max(due, begins), (member.message_id or member.person.id).int


def _sit(simulation: Simulation, member: audience.Member, by_id: Mapping[UUID, pure.Sender]) -> None:
    person, node_id = member.person, member.node_id
    begins = simulation.plan.begins
    sender = by_id.get(member.channel_id) if member.channel_id else None
    if member.state == "gone":
        simulation.gone(person, "deleted")
    elif member.state == "held" or member.message == "in_doubt":
        simulation.set_aside(person, node_id, member.reason or "in_doubt")
    elif node_id is None:
        simulation.begin(person, member.due_at or begins)
    elif node_id not in simulation.plan.graph:
        simulation.set_aside(person, None, "elsewhere")
    elif member.message in ("queued", "sending") and sender is not None:
        simulation.await_message(person, node_id, sender, member.message_due_at or begins)
    elif member.message in _OUTCOMES:
        simulation.go_on(person, node_id, _OUTCOMES[member.message])
    else:
        due_at = begins if member.state == "active" else member.due_at
        simulation.stand(person, node_id, due_at, member.waits_for)


def _segments(graph: Graph, words: Mapping[UUID, Draft], organization: Organization) -> dict[UUID, int]:
    """How many segments each text takes, with invented values."""
    values = {**EXAMPLES, **organization_values(organization)}
    texts = [one for one in graph.nodes if _medium(one.kind) == "sms" and one.content_id in words]
    return {
        one.id: max(counted(words[one.content_id].text, values).count, 1) for one in texts if one.content_id
    }


def _needs(graph: Graph, words: Mapping[UUID, Draft]) -> dict[UUID, str]:
    """The steps that let a synthetic voice speak."""
    spoken = [one for one in graph.nodes if _medium(one.kind) == "voicemail" and one.content_id in words]
    return {
        one.id: SYNTHETIC_VOICE
        for one in spoken
        if one.content_id and words[one.content_id].recording is None
    }


def _medium(kind: str) -> str | None:
    return KINDS[kind].medium if kind in KINDS else None
