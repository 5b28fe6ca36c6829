"""How long it takes: people times messages, held against the daily cap of each sender."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from loumass.accounts.days_off.reading import days_off
from loumass.accounts.models import Organization
from loumass.campaigns.preflight.finding import MEDIA, Finding, media_in
from loumass.campaigns.preflight.finishing import LONGEST, Forecast, Pace, finished
from loumass.campaigns.preflight.senders import Channels
from loumass.channels.models import Channel
from loumass.channels.naming import called
from loumass.core import clock
from loumass.core.database import db
from loumass.core.words import day
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS
from loumass.funnels.walking.ground import UTC, zone_or
from loumass.messages.models import Message
from loumass.messages.pooling import rooms_now


def arithmetic(
    graph: Graph, channels: Channels, reach: Row[Any], organization: Organization
) -> Iterator[Finding]:
    """One sentence for each medium that has a sender and somebody to write to."""
    for medium in media_in(graph):
        pool = [one for one in channels.get(medium, ()) if one.daily_cap != 0]
        # Who is paused or disconnected gets nobody while another can send.
        pool = [one for one in pool if one.state == "active"] or pool
        missing, suppressed = getattr(reach, f"{medium}_missing"), getattr(reach, f"{medium}_suppressed")
        people = max(reach.people - missing - suppressed, 0)
        if pool and people:
            yield _days_needed(pool, medium, people, most_sends(graph, medium), organization)


def _days_needed(
    pool: Sequence[Channel], medium: str, people: int, sends: int, organization: Organization
) -> Finding:
    thing, one, many = MEDIA[medium]
    who = f"{people:,} {'person' if people == 1 else 'people'}"
    product = f"{who} × up to {sends} {one if sends == 1 else many} = {people * sends:,}"
    rows = {row.id: row for row in rooms_now([channel.id for channel in pool])}
    closed = frozenset(days_off()) if any(one.skips_days_off for one in pool) else frozenset()
    paces = [Pace.of(channel, rows[channel.id], closed) for channel in pool]
    name = called(pool[0].name, pool[0].address) if len(pool) == 1 else f"{len(pool):,} {thing_words(thing)}"
    if any(pace.is_endless for pace in paces):
        return Finding("arithmetic", "fact", f"{product} from {name}, which has no daily cap.")
    zone = zone_or(organization.timezone, UTC)
    queued = sum(queued_on(channel.id) for channel in pool)
    forecast = finished(paces, people * sends + queued, clock.now().astimezone(zone).date())
    after = f", behind {queued:,} that wait there already" if queued else ""
    rate = f"{product} at {_rate(forecast)} from {name}{after}"
    if forecast.last is None:
        sentence = f"{rate}: that takes longer than {LONGEST // 365} years."
        return Finding("arithmetic", "warning", sentence, link=("Open channels", "channels.index", {}))
    if forecast.days <= 1:
        return Finding("arithmetic", "fact", f"{rate}: all of it fits into one day.")
    on = day(datetime.combine(forecast.last, time(12), zone), zone.key)
    sentence = f"{rate}: {forecast.days:,} days, so the last goes out on {on} at the earliest."
    return Finding("arithmetic", "warning", sentence, link=("Open channels", "channels.index", {}))


def thing_words(thing: str) -> str:
    """Many of what a medium's sender is called."""
    return "mailboxes" if thing == "mailbox" else f"{thing}s"


def _rate(forecast: Forecast) -> str:
    if forecast.most > forecast.first:
        return f"{forecast.first:,} a day, rising to {forecast.most:,} as they warm up,"
    return f"{forecast.first:,} a day"


def most_sends(graph: Graph, medium: str) -> int:
    """The most messages on `medium` that anybody can get without going round a loop."""
    if graph.start is None or graph.start not in graph:
        return 0
    best: dict[UUID, int] = {}
    path = [graph.start]
    while path:
        here = path[-1]
        ahead = [one for one in graph.ways_out(here).values() if one not in path]
        missing = [one for one in ahead if one not in best]
        if here in best or not missing:
            path.pop()
            best.setdefault(here, _sends(graph, here, medium) + max((best[one] for one in ahead), default=0))
        else:
            path.append(missing[0])
    return best[graph.start]


def queued_on(channel_id: UUID) -> int:
    """How many messages wait on the channel."""
    queued = select(func.count()).select_from(Message)
    return (
        db().scalar(
            queued.where(Message.channel_id == channel_id, Message.is_open, Message.state == "queued")
        )
        or 0
    )


def _sends(graph: Graph, node_id: UUID, medium: str) -> int:
    kind = KINDS.get(graph.node(node_id).kind)
    return int(kind is not None and kind.medium == medium)
