"""People of a campaign who wait for a sender that cannot send: how many, and handed to the others of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from loumass.accounts.service import audit
from loumass.campaigns import states
from loumass.campaigns.advancing.ground import ground_of
from loumass.campaigns.advancing.sending import shared_values
from loumass.campaigns.models import Campaign
from loumass.campaigns.pooling import senders_of
from loumass.campaigns.waking import announce
from loumass.channels.models import Channel
from loumass.channels.naming import called
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.funnels.service import graph_of
from loumass.messages.moving import move_waiting

_WAITING = text("""
    SELECT one.id, (
        SELECT count(*) FROM message m
        WHERE m.organization_id = :organization_id AND m.channel_id = one.id AND m.is_open AND m.state = 'queued'
          AND m.stream_id = :campaign_id) AS people
    FROM unnest(CAST(:channels AS uuid[])) AS one(id)
""")


@dataclass(frozen=True, slots=True)
class Stuck:
    """A sender of the campaign that cannot send, and how many messages wait for it. `may_move`: others can."""

    channel: Channel
    name: str
    people: int
    may_move: bool


def stuck_senders(campaign: Campaign) -> list[Stuck]:
    """Senders that are paused or disconnected while somebody of the campaign waits for them. One statement, or two."""
    pools = senders_of(campaign)
    able = {medium: any(one.state == "active" for one in pool) for medium, pool in pools.items()}
    stopped = [one for pool in pools.values() for one in pool if one.state != "active"]
    if not stopped:
        return []
    bound = {
        "organization_id": current_organization_id(),
        "campaign_id": campaign.id,
        "channels": uuid_array(one.id for one in stopped),
    }
    people = {row.id: row.people for row in db().execute(_WAITING, bound)}
    return [
        Stuck(one, called(one.name, one.address), people[one.id], able[one.medium])
        for one in stopped
        if people[one.id]
    ]


def move(campaign_id: UUID, channel_id: UUID) -> int:
    """What waits for one of the campaign's senders goes by the others; how many messages.

    Raises NotFound; Conflict for a campaign that has ended; Refused where no other sender of the medium can send.
    """
    campaign = states.settled(campaign_id)
    channel = get_or_404(Channel, channel_id)
    targets = [
        one
        for one in senders_of(campaign).get(channel.medium, ())
        if one.id != channel_id and one.state == "active"
    ]
    if not targets:
        thing = "mailbox" if channel.medium == "email" else "number"
        raise Refused(
            f"No other {thing} of this campaign can send. Add one in its settings. Nothing was moved."
        )
    ground = ground_of(campaign, graph_of(campaign.graph_id))
    count = move_waiting(
        campaign.id,
        channel_id,
        targets,
        lambda one: shared_values(ground, one),
        is_in_thread=campaign.is_reply_in_thread,
    )
    audit("campaign.sender_moved", "campaign", campaign.id, channel_id=str(channel_id), messages=count)
    announce([campaign.id])
    return count
