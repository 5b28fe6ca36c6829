"""The brakes: a channel past its error budget slows down, then stops; a recipients' domain is left alone for a while."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text

from loumass.accounts.service import audit
from loumass.channels.models import Channel
from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import current_organization_id, get
from loumass.deliverability.budgets import (
    BUDGETS,
    COOL_DOWN,
    MOST_GAP,
    STOPS_AT,
    Overrun,
    next_gap,
    overrun,
    percent,
)
from loumass.deliverability.models import DomainBrake
from loumass.deliverability.troubles import PRETENDING, figures_of, figures_of_domains
from loumass.events.service import publish

ALERT = "deliverability.alert"
_SLOW = text("""
    UPDATE channel SET brake_gap_seconds = :gap, brake_because = :because
    WHERE organization_id = :organization_id AND id = :channel_id RETURNING id
""")
_STOP = text("""
    UPDATE channel SET state = 'paused', state_reason = :reason, state_changed_at = :now, brake_because = :because
    WHERE organization_id = :organization_id AND id = :channel_id AND state = 'active' RETURNING id
""")
_BRAKE = text("""
    INSERT INTO domain_brake (organization_id, domain, until_at, because, counted_from, began_at)
    VALUES (:organization_id, :domain, :until, :because, :until, :now)
    ON CONFLICT (organization_id, domain) DO UPDATE SET until_at = excluded.until_at, because = excluded.because,
        counted_from = excluded.counted_from, began_at = excluded.began_at
    WHERE domain_brake.until_at <= :now
    RETURNING domain
""")


def judge_channel(channel_id: UUID) -> None:
    """Hold the channel's figures against its budgets: slow it, stop it, or let it go on."""
    channel = get(Channel, channel_id)
    if channel is None or channel.archived_at is not None or channel.state != "active":
        return
    if channel.provider in PRETENDING:
        return
    figures = figures_of(channel_id, channel.budget_from)
    past = overrun(figures.total, figures.troubles)
    if past is None:
        return
    if past.times >= STOPS_AT or channel.brake_gap_seconds >= MOST_GAP:
        _stop(channel, past)
    else:
        _slow(channel, past)


def ease_channels() -> None:
    """Channels that were slowed and are within their budgets again send at their own pace."""
    for channel in db().scalars(
        select(Channel).where(Channel.brake_gap_seconds > 0, Channel.state == "active")
    ):
        figures = figures_of(channel.id, channel.budget_from)
        if overrun(figures.total, figures.troubles) is None:
            let_go(channel)


def let_go(channel: Channel) -> None:
    """At its own pace again, whoever decided it."""
    channel.brake_gap_seconds, channel.brake_because = 0, ""
    live.announce("channels")
    publish("channel.resumed", channel_id=channel.id)


def forgive(channel: Channel) -> None:
    """A person has looked: the channel goes on at its own pace, and what came back before no longer counts."""
    channel.budget_from = clock.now()
    audit("channel.brake_released", "channel", channel.id)
    let_go(channel)


def judge_domains() -> None:
    """Leave recipients' domains alone that send back too much. Each is looked at again once it has cooled down."""
    for domain, figures in figures_of_domains(min(budget.least for budget in BUDGETS)).items():
        past = overrun(figures.total, figures.troubles)
        if past is not None:
            _brake(domain, past)


def release_domain(domain: str) -> None:
    """Campaigns write to the domain again; what came back until now is forgiven. Raises NotFound."""
    brake = db().get(DomainBrake, (current_organization_id(), domain))
    if brake is None or brake.until_at <= clock.now():
        raise NotFound
    brake.until_at = brake.counted_from = clock.now()
    audit("domain.brake_released", domain=domain)
    publish("domain.released")


def braked_domains() -> list[DomainBrake]:
    """The domains that are left alone now, the latest first."""
    now = clock.now()
    braked = select(DomainBrake).where(DomainBrake.until_at > now).order_by(DomainBrake.began_at.desc())
    return list(db().scalars(braked.limit(50)))


def forget_old(before: datetime) -> None:
    """Brakes that ended long ago."""
    db().execute(delete(DomainBrake).where(DomainBrake.until_at < before))


def _slow(channel: Channel, past: Overrun) -> None:
    gap = next_gap(channel.brake_gap_seconds)
    because = f"{past.sentence} So it rests {gap} s between two messages; past {percent(STOPS_AT * past.budget.limit)} it stops."
    db().execute(_SLOW, _of(channel.id, gap=gap, because=because))
    _alert(channel, past, "slowed")


def _stop(channel: Channel, past: Overrun) -> None:
    reason = f"{past.sentence} Look at what came back, then resume it: nothing resumes it by itself."
    stopped = db().execute(_STOP, _of(channel.id, reason=reason, because=past.sentence, now=clock.now()))
    if stopped.one_or_none():
        _alert(channel, past, "stopped")


def _brake(domain: str, past: Overrun) -> None:
    values = {
        "organization_id": current_organization_id(),
        "domain": domain,
        "until": clock.now() + COOL_DOWN,
        "because": past.sentence,
        "now": clock.now(),
    }
    if db().execute(_BRAKE, values).one_or_none():
        publish(ALERT, facts={**past.facts, "what": "domain", "domain": domain})
        _tell()


def _alert(channel: Channel, past: Overrun, what: str) -> None:
    db().expire(channel)
    audit("channel.braked", "channel", channel.id, what=what, **past.facts)
    publish(ALERT, channel_id=channel.id, user_id=channel.owner_id, facts={**past.facts, "what": what})
    _tell()


def _tell() -> None:
    for topic in ("channels", "dashboard", "alerts"):
        live.announce(topic)


def _of(channel_id: UUID, **more: object) -> dict[str, object]:
    return {"organization_id": current_organization_id(), "channel_id": channel_id, **more}
