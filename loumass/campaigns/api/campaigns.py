"""Campaigns: listed, made, changed, cloned, looked over."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import g
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.members import member_or_404
from loumass.campaigns import creating
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.api.models import (
    CampaignOut,
    CampaignQuery,
    CloneBody,
    DetailsBody,
    FindingOut,
    NewCampaignBody,
    PreflightOut,
)
from loumass.campaigns.creating import Details
from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight import findings_of
from loumass.channels.models import Channel
from loumass.core.api import endpoint
from loumass.core.api.models import PageOut, paged
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404

_CHANNELS = ("email_channel_id", "sms_channel_id", "voicemail_channel_id")


@endpoint(api, "GET", "/campaigns", asks=CampaignQuery, answers=PageOut[CampaignOut], also=["/campaigns"])
@requires("campaigns.read")
def list_campaigns(query: CampaignQuery) -> PageOut[CampaignOut]:
    """Campaigns, the latest first."""
    statement = select(Campaign)
    if query.q:
        statement = statement.where(Campaign.name.icontains(query.q, autoescape=True))
    if query.state:
        statement = statement.where(Campaign.state == query.state)
    keys = (Campaign.created_at, Campaign.id)
    return paged(page(statement, keys, query.cursor, descending=True, size=query.limit), CampaignOut.of)


@endpoint(
    api, "POST", "/campaigns", takes=NewCampaignBody, answers=CampaignOut, status=201, also=["/campaigns"]
)
@requires("campaigns.write")
def create_campaign(body: NewCampaignBody) -> CampaignOut:
    """Make one from a published template. People are added next."""
    details = _merged(Details(name=body.name, owner_id=g.user.id), body)
    return CampaignOut.of(creating.create(body.template_id, details, author_id=g.user.id))


@endpoint(
    api,
    "GET",
    "/campaigns/<uuid:campaign_id>",
    answers=CampaignOut,
    also=["/campaigns/<uuid:campaign_id>"],
)
@requires("campaigns.read")
def read_campaign(campaign_id: UUID) -> CampaignOut:
    """One campaign."""
    return CampaignOut.of(get_or_404(Campaign, campaign_id))


@endpoint(
    api,
    "PUT",
    "/campaigns/<uuid:campaign_id>",
    takes=DetailsBody,
    answers=CampaignOut,
    also=["/campaigns/<uuid:campaign_id>"],
)
@requires("campaigns.write")
def change_campaign(campaign_id: UUID, body: DetailsBody) -> CampaignOut:
    """Change details. Who waits for the event or a sender is decided on again."""
    details = _merged(creating.details_of(get_or_404(Campaign, campaign_id)), body)
    return CampaignOut.of(creating.change(campaign_id, details))


@endpoint(
    api,
    "POST",
    "/campaigns/<uuid:campaign_id>/clone",
    takes=CloneBody,
    answers=CampaignOut,
    status=201,
    also=["/campaigns/<uuid:campaign_id>/clone"],
)
@requires("campaigns.write")
def clone_campaign(campaign_id: UUID, body: CloneBody) -> CampaignOut:
    """A new campaign like this one, with its steps as they are now and nobody in it."""
    return CampaignOut.of(creating.clone(campaign_id, body.name, author_id=g.user.id))


@endpoint(api, "GET", "/campaigns/<uuid:campaign_id>/preflight", answers=PreflightOut)
@requires("campaigns.read")
def preflight(campaign_id: UUID) -> PreflightOut:
    """What would stop it, and what to know before it starts."""
    found = findings_of(get_or_404(Campaign, campaign_id))
    told = [
        FindingOut(code=one.code, severity=one.severity, sentence=one.sentence, remedy=one.remedy)
        for one in found
    ]
    return PreflightOut(may_start=all(one.severity != "error" for one in found), findings=told)


def _merged(before: Details, body: DetailsBody | NewCampaignBody) -> Details:
    """`before` with what was said. Raises NotFound for senders and people that are not here."""
    said = body.said()
    for name in _CHANNELS:
        if said.get(name):
            get_or_404(Channel, said[name])
    for channel_id in said.get("pool", ()):
        get_or_404(Channel, channel_id)
    if said.get("owner_id"):
        member_or_404(said["owner_id"])
    return replace(before, **said)
