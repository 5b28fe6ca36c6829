"""Where the pages of campaigns hang, and what the editing pages of a campaign's funnel show of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, g, url_for
from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.campaigns.reasons import left_words
from loumass.campaigns.words import event_local
from loumass.core.database import db
from loumass.core.words import day
from loumass.funnels.owners import OWNERS, Owner
from loumass.funnels.walking.ground import UTC, zone_or

pages = Blueprint("campaigns", __name__)


def home() -> ZoneInfo:
    """The organization's timezone."""
    return zone_or(g.organization.timezone, UTC)


@pages.context_processor
def words() -> dict[str, Any]:
    """What every page of a campaign may say."""
    return {"event_words": event_words, "left_words": left_words}


def event_words(campaign: Campaign) -> str:
    """When the event is, in the time of its place: `Thu 12 March, 18:00 Denver`."""
    local = event_local(campaign, home())
    if local is None or campaign.event_at is None:
        return ""
    zone = campaign.event_timezone or home().key
    return f"{day(campaign.event_at, zone)}, {local.hour}:{local.minute:02} {city(zone)}"


def city(zone: str) -> str:
    """The place that a timezone is called after."""
    return zone.rpartition("/")[2].replace("_", " ")


def tabs_of(campaign: Campaign, here: str = "") -> list[tuple[str, str, bool]]:
    """The parts of a campaign's page: (label, address, whether it is this one)."""
    parts = {
        "People": url_for("campaigns.show", id=campaign.id),
        "Funnel": url_for("graphs.show", graph_id=campaign.graph_id),
        "Content": url_for("campaigns.content", id=campaign.id),
        "Opens and clicks": url_for("campaigns.reading", id=campaign.id),
        "Settings": url_for("campaigns.settings", id=campaign.id),
    }
    return [(label, href, label == here) for label, href in parts.items()]


def owner_of_campaign_graph(graph_id: UUID) -> Owner | None:
    """The campaign that walks the graph, for funnels' own pages; None for other graphs."""
    campaign = db().scalar(select(Campaign).where(Campaign.graph_id == graph_id))
    if campaign is None:
        return None
    is_new = campaign.state in ("draft", "scheduled")
    has_ended = campaign.state in ("finished", "cancelled")
    note = (
        ""
        if is_new
        else "People walk this funnel, so its steps stay as they are. Their words can be changed."
    )
    return Owner(
        name=campaign.name,
        list_label="Campaigns",
        list_href=url_for("campaigns.index"),
        href=url_for("campaigns.show", id=campaign.id),
        blueprint="campaigns",
        tabs=tuple((label, href) for label, href, _ in tabs_of(campaign)),
        may_change_steps=is_new,
        may_change_words=not has_ended,
        note="It has ended, so nothing changes any more." if has_ended else note,
        has_event=campaign.event_at is not None,
    )


OWNERS.append(owner_of_campaign_graph)
