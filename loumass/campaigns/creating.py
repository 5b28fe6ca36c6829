"""A campaign made from a published template, and its details changed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from loumass.accounts.service import audit, plain
from loumass.campaigns import states
from loumass.campaigns.goal_times import ASKS_FOR_EVENT, look_ahead
from loumass.campaigns.models import COLLEAGUES, STATUSES, Campaign
from loumass.campaigns.pooling import change_pool, pool_of
from loumass.campaigns.told import values_now
from loumass.campaigns.waking import EVERYWHERE, STANDING_STILL, announce, wake_engine
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id, get, get_or_404
from loumass.funnels.local_time import zone_names
from loumass.funnels.models import Template
from loumass.funnels.service import clone_graph
from loumass.messages.models import Stream
from loumass.messages.rewriting import freshen_planned

LONGEST_NAME = 120
LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a person says of a campaign. `event_at` is a moment; `event_type` is `in_person`, `virtual` or None."""

    name: str
    event_type: str | None = None
    event_name: str = ""
    event_at: datetime | None = None
    event_timezone: str | None = None
    event_place: str = ""
    owner_id: UUID | None = None
    email_channel_id: UUID | None = None
    sms_channel_id: UUID | None = None
    voicemail_channel_id: UUID | None = None
    is_exit_on_reply: bool = True
    is_reply_in_thread: bool = True
    skips_invalid: bool = False
    #: Mailboxes and numbers that share the work with the two that are named.
    pool: frozenset[UUID] = frozenset()
    #: They leave when their status becomes one of these.
    exit_statuses: frozenset[str] = frozenset()
    #: What becomes of the others at a company when one replied: `stay`, `leave` or `hold`.
    colleagues: str = "stay"
    #: The status that a positive answer, and a "not interested", makes. None: as the organization says; empty: none.
    positive_status: str | None = None
    declined_status: str | None = None
    #: None: as the organization does.
    is_open_tracked: bool | None = None
    is_click_tracked: bool | None = None


def create(template_id: UUID, details: Details, *, author_id: UUID | None = None) -> Campaign:
    """A new campaign: the template's newest version, cloned. Raises NotFound; Refused for an unpublished template or
    details that make no sense."""
    template = get_or_404(Template, template_id)
    if template.published_graph_id is None or template.archived_at is not None:
        raise Refused(
            f"{template.name} is not published, so no campaign can be made from it. Publish it first."
        )
    _check(details)
    campaign_id = uuid7()
    db().add(Stream(id=campaign_id))
    graph_id = clone_graph(template.published_graph_id)
    campaign = Campaign(
        id=campaign_id, graph_id=graph_id, template_id=template.id, created_by_id=author_id, created_at=clock.now(),
        **_columns(details),
    )  # fmt: skip
    db().add(campaign)
    db().flush()
    change_pool(campaign.id, details.pool)
    audit("campaign.created", "campaign", campaign.id)
    return campaign


def clone(campaign_id: UUID, name: str, *, author_id: UUID | None = None) -> Campaign:
    """A new campaign like this one, with its steps as they are now and nobody in it. Raises NotFound, Refused."""
    like = get_or_404(Campaign, campaign_id)
    details = replace(details_of(like), name=name)
    _check(details)
    clone_id = uuid7()
    topic_id = db().scalar(select(Stream.topic_id).where(Stream.id == like.id))
    db().add(Stream(id=clone_id, topic_id=topic_id))
    campaign = Campaign(
        id=clone_id, graph_id=clone_graph(like.graph_id), template_id=like.template_id, created_by_id=author_id,
        created_at=clock.now(), **_columns(details),
    )  # fmt: skip
    db().add(campaign)
    db().flush()
    change_pool(campaign.id, details.pool)
    audit("campaign.created", "campaign", campaign.id, like=str(like.id))
    return campaign


def details_of(campaign: Campaign) -> Details:
    """What a campaign says of itself now."""
    values = {one.name: getattr(campaign, one.name) for one in fields(Details) if one.name != "pool"}
    values["exit_statuses"] = frozenset(campaign.exit_statuses)
    return Details(**values, pool=pool_of(campaign.id))


def change(campaign_id: UUID, details: Details) -> Campaign:
    """The campaign with its new details. People who wait for the event, or for a sender, are decided on again, and what is
    queued tells of the event as it is now.

    Raises NotFound; Conflict for one that was cancelled; Refused for details that make no sense.
    """
    campaign = states.settled(campaign_id)
    if campaign.state == "cancelled":
        raise Conflict(f"{campaign.name} was cancelled and stays as it is. Nothing was saved.")
    _check(details)
    before = _columns(campaign)
    for name, value in _columns(details).items():
        setattr(campaign, name, value)
    db().flush()
    changed = sorted(name for name, value in _columns(campaign).items() if value != before[name])
    changed += ["pool"] if change_pool(campaign.id, details.pool) else []
    if changed:
        after = _columns(campaign)
        said = (
            {name: plain(each.get(name)) for name in changed if name in after} for each in (before, after)
        )
        was, became = said
        audit("campaign.changed", "campaign", campaign.id, settings=changed, before=was, after=became)
        _decide_again(campaign, changed)
        announce([campaign.id])
    return campaign


def skip_invalid(campaign_id: UUID, is_wanted: bool) -> Campaign:
    """The campaign with or without e-mails to addresses that were found invalid. Raises NotFound."""
    campaign = states.settled(campaign_id)
    if campaign.skips_invalid != is_wanted:
        campaign.skips_invalid = is_wanted
        before, after = {"skips_invalid": not is_wanted}, {"skips_invalid": is_wanted}
        audit("campaign.changed", "campaign", campaign.id, before=before, after=after)
    return campaign


# Waits that count from it, questions about it, and everybody on a version of the funnel with a goal about it. Locked in id
# order, as whoever else wakes people does.
_AROUND_THE_EVENT = text(f"""
    WITH concerned AS MATERIALIZED (
        SELECT e.id FROM enrollment e
        JOIN node n ON n.organization_id = :organization_id AND n.id = e.node_id
        WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND (
            e.state = 'held' AND e.waiting_for ->> 'for' = 'event'
            OR e.state = 'waiting' AND e.waiting_for ->> 'for' NOT IN {STANDING_STILL} AND (
                n.kind = 'wait' AND n.config ->> 'mode' = 'event'
                OR n.config -> 'rule' @? CAST(:asks AS jsonpath)
                OR EXISTS (SELECT 1 FROM node goal WHERE goal.organization_id = :organization_id
                    AND goal.graph_id = n.graph_id AND goal.kind = ANY(CAST(:everywhere AS text[]))
                    AND goal.config -> 'rule' @? CAST(:asks AS jsonpath))))
        ORDER BY e.id FOR UPDATE OF e
    )
    UPDATE enrollment SET state = 'active', reason = NULL, due_at = :now FROM concerned
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = concerned.id
    RETURNING enrollment.id
""")
_WITHOUT_SENDER = text("""
    UPDATE enrollment SET state = 'active', reason = NULL, due_at = :now
    WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND state = 'held'
      AND waiting_for ->> 'for' = 'channel'
    RETURNING id
""")


#: What merge tags tell of, so that what is queued would tell what was.
_TOLD = {"name", "event_name", "event_at", "event_timezone", "event_place"}


def _decide_again(campaign: Campaign, changed: list[str]) -> None:
    bound = {"organization_id": current_organization_id(), "campaign_id": campaign.id, "now": clock.now()}
    if {"event_at", "event_timezone"} & set(changed):
        db().execute(_AROUND_THE_EVENT, {**bound, "everywhere": EVERYWHERE, "asks": ASKS_FOR_EVENT})
        look_ahead(campaign)
    if _TOLD & set(changed):
        freshen_planned(campaign.id, values_now(campaign))
    if {"email_channel_id", "sms_channel_id", "voicemail_channel_id", "pool"} & set(changed):
        db().execute(_WITHOUT_SENDER, bound)
    wake_engine([campaign.id])


def _columns(details: Details | Campaign) -> dict[str, Any]:
    values = {field.name: getattr(details, field.name) for field in fields(Details) if field.name != "pool"}
    return values | {"exit_statuses": sorted(details.exit_statuses)}


def _check(details: Details) -> None:
    if not details.name.strip():
        raise Refused("Give the campaign a name, so that people find it.")
    if len(details.name) > LONGEST_NAME:
        raise Refused(f"The name is longer than {LONGEST_NAME} characters. Shorten it.")
    texts = details.name + details.event_name + details.event_place
    if len(details.event_name) > LONGEST_TEXT or len(details.event_place) > LONGEST_TEXT:
        raise Refused(f"The event's name or place is longer than {LONGEST_TEXT} characters. Shorten it.")
    if any(not character.isprintable() for character in texts):
        raise Refused(
            "The name or the place holds a line break or a character that cannot be sent. Type it again."
        )
    if details.event_type not in (None, "in_person", "virtual"):
        raise Refused("Choose whether people meet in person, virtually, or not at all.")
    if details.event_timezone and details.event_timezone not in zone_names():
        raise Refused(
            f"There is no time zone called {details.event_timezone}. Choose one such as America/Denver."
        )
    if not {details.positive_status or "", details.declined_status or ""} <= {"", *STATUSES}:
        raise Refused("Choose from the list what an answer makes of the status. Nothing was saved.")
    if not details.exit_statuses <= set(STATUSES) or details.colleagues not in COLLEAGUES:
        raise Refused("Choose from the list when people leave. Nothing was saved.")
    _check_channel(details.email_channel_id, "email", "mailbox")
    _check_channel(details.sms_channel_id, "sms", "number")
    _check_channel(details.voicemail_channel_id, "voicemail", "caller ID")


def _check_channel(channel_id: UUID | None, medium: str, thing: str) -> None:
    if channel_id is None:
        return
    channel = get(Channel, channel_id)
    if channel is None or channel.medium != medium or channel.archived_at is not None:
        raise Refused(f"That {thing} is not connected any more. Choose another one.")
