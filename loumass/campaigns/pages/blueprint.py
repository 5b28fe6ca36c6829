"""Where the pages of campaigns hang, and what the editing pages of a campaign's funnel show of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, g, url_for
from sqlalchemy import or_, select

from loumass.accounts.guards import permitted
from loumass.campaigns.changing.drafts import CHANGEABLE, open_change
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.campaigns.reasons import left_words
from loumass.campaigns.triggers import listing
from loumass.campaigns.words import event_local
from loumass.core.database import db
from loumass.core.words import day
from loumass.funnels.owners import OWNERS, Act, Owner
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
        "How people come in": url_for("campaigns.triggers", id=campaign.id),
        "Content": url_for("campaigns.content", id=campaign.id),
        "Figures": url_for("figures.campaign", id=campaign.id),
        "Opens and clicks": url_for("campaigns.reading", id=campaign.id),
        "Versions": url_for("campaigns.versions", id=campaign.id),
        "Settings": url_for("campaigns.settings", id=campaign.id),
    }
    return [(label, href, label == here) for label, href in parts.items()]


def owner_of_campaign_graph(graph_id: UUID) -> Owner | None:
    """The campaign that walks the graph, or whose draft of change or older version it is; None for other graphs."""
    campaign = db().scalar(select(Campaign).where(Campaign.graph_id == graph_id))
    if campaign is not None:
        return _owner_of_running(campaign)
    is_its = or_(CampaignChange.graph_id == graph_id, CampaignChange.before_graph_id == graph_id)
    change = db().scalar(select(CampaignChange).where(is_its))
    if change is None:
        return None
    campaign = db().get_one(Campaign, (change.organization_id, change.campaign_id))
    if change.graph_id == graph_id:
        return _owner_of_draft(campaign, change)
    number = (change.number or 1) - 1
    return replace(
        _owner(campaign, may_change=False),
        badge=(f"Version {number}", "archive"),
        note=f"This is version {number}, as it was until version {change.number} took its place. It never changes.",
    )


_UNDER_WAY = (
    "A change of this campaign is being applied. Until everybody is carried over, nothing else is changed."
)


def _owner_of_running(campaign: Campaign) -> Owner:
    if campaign.changing_since is not None:
        return replace(_owner(campaign, may_change=False), note=_UNDER_WAY)
    is_new = campaign.state in ("draft", "scheduled")
    has_ended = campaign.state in ("finished", "cancelled")
    walked = "People walk this funnel, so its steps stay as they are. Change its words here, its steps in a draft of change."
    owner = replace(
        _owner(campaign, may_change=not has_ended),
        may_change_steps=is_new,
        note="It has ended, so nothing changes any more." if has_ended else "" if is_new else walked,
    )
    if campaign.state not in CHANGEABLE or not permitted("campaigns.write"):
        return owner
    draft = open_change(campaign.id)
    if draft is not None:
        href = url_for("graphs.show", graph_id=draft.graph_id)
        return replace(owner, acts=(Act("Open the draft of change", href, "pencil", is_primary=True),))
    begin = Act("Change this funnel", url_for("campaigns.begin_change", id=campaign.id), "pencil", True, True)
    return owner if is_new else replace(owner, acts=(begin,))


def _owner_of_draft(campaign: Campaign, change: CampaignChange) -> Owner | None:
    if change.work is not None:
        badge = ("Draft of change", "pencil")
        return replace(_owner(campaign, may_change=False), badge=badge, note=_UNDER_WAY)
    if change.applied_at is not None or change.discarded_at is not None:
        return None
    review = Act("Review change", url_for("campaigns.change", id=campaign.id), is_primary=True)
    discard = Act("Discard", url_for("campaigns.ask_discard", id=campaign.id), "trash")
    return replace(
        _owner(campaign, may_change=True), badge=("Draft of change", "pencil"), acts=(discard, review)
    )


def _owner(campaign: Campaign, *, may_change: bool) -> Owner:
    return Owner(
        name=campaign.name,
        list_label="Campaigns",
        list_href=url_for("campaigns.index"),
        href=url_for("campaigns.show", id=campaign.id),
        blueprint="campaigns",
        tabs=tuple((label, href) for label, href, _ in tabs_of(campaign)),
        may_change_steps=may_change,
        may_change_words=may_change,
        has_event=campaign.event_at is not None,
        counts_href=url_for("campaigns_api.funnel_counts", campaign_id=campaign.id),
        people_href=url_for("campaigns.show", id=campaign.id),
        live_topic=f"campaign:{campaign.id}",
        ways_in=(listing.words_in(campaign.id), url_for("campaigns.triggers", id=campaign.id)),
    )


OWNERS.append(owner_of_campaign_graph)
