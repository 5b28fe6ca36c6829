"""Times that the funnel counts from and that have passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight.finding import Finding
from loumass.core import clock
from loumass.core.words import day
from loumass.funnels.graph import Graph, settings_of
from loumass.funnels.kinds.wait_config import WaitConfig
from loumass.funnels.local_time import moment
from loumass.funnels.walking.ground import UTC, zone_or


def dates(campaign: Campaign, graph: Graph, organization: Organization) -> Iterator[Finding]:
    """The event itself, and every wait before or after it, that lies in the past."""
    if campaign.event_at is None:
        return
    link = ("Change the date", "campaigns.settings", {"id": campaign.id})
    zone = zone_or(campaign.event_timezone, zone_or(organization.timezone, UTC))
    for node in graph.nodes:
        config = settings_of(node)
        if not isinstance(config, WaitConfig) or config.mode != "event":
            continue
        days = -config.days if config.direction == "before" else config.days
        on = campaign.event_at.astimezone(zone).date() + timedelta(days=days)
        if moment(on, config.at, zone) <= clock.now():
            what = "leave the campaign" if config.if_past == "end" else "go on at once"
            sentence = f"{node.name} waits for a time that has passed: people {what}."
            yield Finding("wait_past", "warning", sentence, link=link)
    if campaign.event_at <= clock.now():
        sentence = f"The event was on {day(campaign.event_at, zone.key)}."
        yield Finding("event_past", "warning", sentence, link=link)
