"""Started, paused, resumed, cancelled: now, or at a time."""

from __future__ import annotations

from uuid import UUID

from flask import g

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns import creating, moving, starting, states
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.api.models import CampaignOut, ReasonBody, ResumeBody, ScheduleBody
from loumass.campaigns.backlog import Choice
from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight.quality import people_of
from loumass.contacts.api.models import VerificationOut
from loumass.contacts.models import Topic
from loumass.contacts.verifying import asking
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Done, Id
from loumass.core.errors import Conflict
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural
from loumass.messages.models import Stream

ONE = "/campaigns/<uuid:campaign_id>"


class TopicBody(ApiModel):
    """What it writes about; null for nothing in particular."""

    topic_id: Id | None


class VerifyPeopleBody(ApiModel):
    """Whether invalid addresses are skipped, and whether those are asked for again that were verified lately."""

    skips_invalid: bool = False
    also_fresh: bool = False


@endpoint(api, "POST", f"{ONE}/start", answers=CampaignOut, also=[f"{ONE}/start"])
@requires("campaigns.launch")
def start(campaign_id: UUID) -> CampaignOut:
    """Start it now."""
    return CampaignOut.of(starting.start(campaign_id))


@endpoint(api, "POST", f"{ONE}/pause", answers=CampaignOut, also=[f"{ONE}/pause"])
@requires("campaigns.launch")
def pause(campaign_id: UUID) -> CampaignOut:
    """Stop it where it is; what is queued stays queued."""
    return CampaignOut.of(states.pause(campaign_id, g.user.id))


@endpoint(api, "POST", f"{ONE}/resume", takes=ResumeBody, answers=CampaignOut, also=[f"{ONE}/resume"])
@requires("campaigns.launch")
def resume(campaign_id: UUID, body: ResumeBody) -> CampaignOut:
    """Let it go on. Where people are past due, say what becomes of them."""
    return CampaignOut.of(states.resume(campaign_id, _choice(body)))


@endpoint(api, "POST", f"{ONE}/execute", takes=ResumeBody, answers=CampaignOut, also=[f"{ONE}/execute"])
@requires("campaigns.launch")
def execute(campaign_id: UUID, body: ResumeBody) -> CampaignOut:
    """Start it, or let it go on: whatever its state asks for."""
    campaign = get_or_404(Campaign, campaign_id)
    if campaign.state in ("draft", "scheduled"):
        return CampaignOut.of(starting.start(campaign_id))
    if campaign.state == "paused":
        return CampaignOut.of(states.resume(campaign_id, _choice(body)))
    raise Conflict(f"{campaign.name} is {campaign.state}. Nothing was changed.")


@endpoint(api, "POST", f"{ONE}/cancel", answers=CampaignOut)
@requires("campaigns.launch")
def cancel(campaign_id: UUID) -> CampaignOut:
    """End it for everybody; nothing leaves from now on."""
    return CampaignOut.of(states.cancel(campaign_id))


@endpoint(api, "DELETE", ONE, answers=CampaignOut, also=[ONE])
@requires("campaigns.launch")
def delete_campaign(campaign_id: UUID) -> CampaignOut:
    """End it for everybody. It stays to be looked at, with all that was sent."""
    return CampaignOut.of(states.cancel(campaign_id))


@endpoint(api, "POST", f"{ONE}/schedule", takes=ScheduleBody, answers=CampaignOut)
@requires("campaigns.launch")
def schedule(campaign_id: UUID, body: ScheduleBody) -> CampaignOut:
    """Start it by itself at a time."""
    return CampaignOut.of(starting.schedule(campaign_id, body.at))


@endpoint(api, "POST", f"{ONE}/unschedule", answers=CampaignOut)
@requires("campaigns.launch")
def unschedule(campaign_id: UUID) -> CampaignOut:
    """It does not start by itself any more."""
    return CampaignOut.of(starting.unschedule(campaign_id))


@endpoint(api, "POST", f"{ONE}/override", takes=ReasonBody, answers=CampaignOut)
@requires("campaigns.override")
def override(campaign_id: UUID, body: ReasonBody) -> CampaignOut:
    """Let it start against the rules for bulk mail; the reason is kept."""
    return CampaignOut.of(starting.override(campaign_id, body.reason, g.user.id))


@endpoint(api, "PUT", f"{ONE}/topic", takes=TopicBody, answers=CampaignOut)
@requires("campaigns.write")
def choose_topic(campaign_id: UUID, body: TopicBody) -> CampaignOut:
    """Say what it writes about: who does not want that gets none of it."""
    campaign = get_or_404(Campaign, campaign_id)
    topic = get_or_404(Topic, body.topic_id) if body.topic_id else None
    if topic is not None and topic.archived_at is not None:
        raise Conflict("This topic was archived. Choose another one. Nothing was changed.")
    get_or_404(Stream, campaign.id, lock=True).topic_id = topic.id if topic else None
    audit("campaign.changed", "campaign", campaign.id, settings=["topic"])
    return CampaignOut.of(campaign)


@endpoint(api, "POST", f"{ONE}/verify", takes=VerifyPeopleBody, answers=VerificationOut, status=201)
@requires("campaigns.write")
def verify_people(campaign_id: UUID, body: VerifyPeopleBody) -> VerificationOut:
    """Verify the addresses of its people."""
    campaign = get_or_404(Campaign, campaign_id)
    if campaign.state != "cancelled":
        creating.skip_invalid(campaign_id, body.skips_invalid)
    begun = asking.begin(people_of(campaign), campaign.name, author_id=g.user.id, also_fresh=body.also_fresh)
    return VerificationOut.of(begun)


@endpoint(api, "POST", f"{ONE}/senders/<uuid:channel_id>/move", answers=Done)
@requires("campaigns.launch")
def move_sender(campaign_id: UUID, channel_id: UUID) -> Done:
    """Let the other senders write to whoever waits for one that cannot."""
    get_or_404(Campaign, campaign_id)
    count = moving.move(campaign_id, channel_id)
    return Done(done=f"{plural(count, 'message')} moved to the other senders.", count=count)


def _choice(body: ResumeBody) -> Choice | None:
    return Choice(body.past_due, body.hours) if body.past_due else None
