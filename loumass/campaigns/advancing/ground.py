"""What a slice of a campaign stands on: the campaign itself, its organization, its senders, and what steps may ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from loumass.accounts.models import Organization, User
from loumass.campaigns.advancing import sending
from loumass.campaigns.models import Campaign
from loumass.campaigns.pooling import senders_of
from loumass.campaigns.walked import Walked, steps_called
from loumass.campaigns.words import campaign_values
from loumass.channels.models import Channel
from loumass.content.freezing import organization_values, sender_values
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
    #: Steps of older versions of the campaign that somebody finishes on, and which version each is of.
    older: Mapping[UUID, int] = field(default_factory=dict)
    _senders: dict[str, list[Channel]] | None = None

    def senders(self, medium: str) -> Sequence[Channel]:
        """Who sends the campaign's messages on `medium`; read once in a slice."""
        if self._senders is None:
            self._senders = senders_of(self.campaign)
        return self._senders.get(medium, ())

    def said_alike(self) -> Mapping[str, str | None]:
        writer = db().get(User, self.owner_id) if self.owner_id else None
        return {
            **campaign_values(self.campaign, self.home),
            **organization_values(self.organization),
            **sender_values("", None, None, writer),
        }

    def stand_on(self, ground: Walked) -> None:
        """Walk older versions as well, where somebody stands on them."""
        self.graph, self.older = ground.graph, ground.older

    def version_of(self, node_id: UUID) -> int:
        """The campaign's version that a step of the node is taken on."""
        return self.older.get(node_id, self.campaign.version)

    def steps_called(self, key: str) -> list[UUID]:
        """The nodes known as `key`, on whatever version of the campaign."""
        if self.campaign.version == 1:
            # Not super(): this dataclass has slots, so it is another class than the one that was written here.
            return Ground.steps_called(self, key)
        return steps_called(self.campaign, key)

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
        owner_id=campaign.owner_id,
        campaign=campaign,
        organization=organization,
    )
