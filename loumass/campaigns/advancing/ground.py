"""What a slice of a campaign stands on: the campaign itself, its organization, its senders, and what steps may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loumass.accounts.models import Organization
from loumass.campaigns.advancing import sending
from loumass.campaigns.models import Campaign
from loumass.campaigns.pooling import senders_of
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.graph import Graph
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import UTC, Ground, zone_or
from loumass.funnels.walking.verdict import Verdict
from loumass.funnels.walking.walker import Walker


@dataclass(slots=True, kw_only=True)
class CampaignGround(Ground):
    """The ground under a running campaign."""

    campaign: Campaign
    organization: Organization
    _senders: dict[str, list[Channel]] | None = None

    def senders(self, medium: str) -> Sequence[Channel]:
        """Who sends the campaign's messages on `medium`; read once in a slice."""
        if self._senders is None:
            self._senders = senders_of(self.campaign)
        return self._senders.get(medium, ())

    def send(self, node: Node, walkers: Sequence[Walker]) -> Verdict:
        return sending.send(self, node, walkers)


def ground_of(campaign: Campaign, graph: Graph) -> CampaignGround:
    """The ground under `campaign` at this moment."""
    organization = db().get_one(Organization, current_organization_id())
    return CampaignGround(
        organization_id=campaign.organization_id,
        campaign_id=campaign.id,
        graph=graph,
        now=clock.now(),
        home=zone_or(organization.timezone, UTC),
        event_at=campaign.event_at,
        event_timezone=campaign.event_timezone,
        campaign=campaign,
        organization=organization,
    )
