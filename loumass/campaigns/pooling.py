"""The senders of a campaign: the mailbox and the number it names, and those that share the work with them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, insert, select

from loumass.campaigns.models import Campaign, CampaignSender
from loumass.channels.models import Channel
from loumass.core.database import db
from loumass.core.errors import Refused

MOST = 50


def senders_of(campaign: Campaign) -> dict[str, list[Channel]]:
    """Medium -> its senders, the one that the campaign names first. Removed ones are left out. One statement."""
    chosen = (campaign.email_channel_id, campaign.sms_channel_id, campaign.voicemail_channel_id)
    named = [one for one in chosen if one]
    also = select(CampaignSender.channel_id).where(CampaignSender.campaign_id == campaign.id)
    channels = db().scalars(
        select(Channel)
        .where(Channel.archived_at.is_(None), Channel.id.in_(named) | Channel.id.in_(also))
        .order_by(Channel.address, Channel.id)
    )
    found: dict[str, list[Channel]] = {}
    for channel in sorted(channels, key=lambda one: one.id not in named):
        found.setdefault(channel.medium, []).append(channel)
    return found


def pool_of(campaign_id: UUID) -> frozenset[UUID]:
    """The channels that share the work with those that the campaign names."""
    return frozenset(
        db().scalars(select(CampaignSender.channel_id).where(CampaignSender.campaign_id == campaign_id))
    )


def change_pool(campaign_id: UUID, channel_ids: Collection[UUID]) -> bool:
    """The pool is these from now on; whether that is a change. Who has a sender keeps it.

    Raises Refused for a channel that is not connected, and for more than 50.
    """
    wanted, before = frozenset(channel_ids), pool_of(campaign_id)
    if wanted == before:
        return False
    if len(wanted) > MOST:
        raise Refused(f"A campaign takes at most {MOST} senders. Choose fewer.")
    known = set(db().scalars(select(Channel.id).where(Channel.id.in_(wanted), Channel.archived_at.is_(None))))
    if wanted - known - before:
        raise Refused("One of these senders is not connected any more. Choose again.")
    db().execute(delete(CampaignSender).where(CampaignSender.campaign_id == campaign_id))
    if wanted:
        rows = [{"campaign_id": campaign_id, "channel_id": one} for one in sorted(wanted)]
        db().execute(insert(CampaignSender), rows)
    return True


def connected(channel_ids: Collection[UUID]) -> dict[UUID, Channel]:
    """Those of the channels that were not removed, by id."""
    if not channel_ids:
        return {}
    found = select(Channel).where(Channel.id.in_(channel_ids), Channel.archived_at.is_(None))
    return {one.id: one for one in db().scalars(found)}
