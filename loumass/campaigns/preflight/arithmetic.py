"""How long it takes: people times messages, held against the daily cap of each sender."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from loumass.accounts.models import Organization
from loumass.campaigns.advancing.ground import UTC, zone_or
from loumass.campaigns.preflight.finding import MEDIA, Finding, media_in
from loumass.campaigns.preflight.senders import Channels
from loumass.channels.models import Channel
from loumass.channels.naming import called
from loumass.core import clock
from loumass.core.database import db
from loumass.core.words import day
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS
from loumass.messages.models import Message


def arithmetic(
    graph: Graph, channels: Channels, reach: Row[Any], organization: Organization
) -> Iterator[Finding]:
    """One sentence for each medium that has a sender and somebody to write to."""
    for medium in media_in(graph):
        channel = channels.get(medium)
        missing, suppressed = getattr(reach, f"{medium}_missing"), getattr(reach, f"{medium}_suppressed")
        people = max(reach.people - missing - suppressed, 0)
        if channel is not None and people and channel.daily_cap != 0:
            yield _days_needed(channel, medium, people, most_sends(graph, medium), organization)


def _days_needed(
    channel: Channel, medium: str, people: int, sends: int, organization: Organization
) -> Finding:
    _, one, many = MEDIA[medium]
    who = f"{people:,} {'person' if people == 1 else 'people'}"
    product = f"{who} × up to {sends} {one if sends == 1 else many} = {people * sends:,}"
    name = called(channel.name, channel.address)
    if channel.daily_cap is None:
        return Finding("arithmetic", "fact", f"{product} from {name}, which has no daily cap.")
    queued = queued_on(channel.id)
    days = ceil((people * sends + queued) / channel.daily_cap)
    after = f", behind {queued:,} that wait there already" if queued else ""
    rate = f"{product} at {channel.daily_cap:,} a day from {name}{after}"
    if days <= 1:
        return Finding("arithmetic", "fact", f"{rate}: all of it fits into one day.")
    last = clock.now() + timedelta(days=days - 1)
    zone = zone_or(organization.timezone, UTC)
    sentence = f"{rate}: {days:,} days, so the last goes out on {day(last, zone.key)} at the earliest."
    return Finding("arithmetic", "warning", sentence, link=("Open channels", "channels.index", {}))


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
