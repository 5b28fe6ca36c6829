"""Whether there is a sender for every medium, and whether it can send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight.finding import MEDIA, Finding, media_in
from loumass.channels.models import Channel
from loumass.channels.naming import called
from loumass.core.tenancy import get
from loumass.funnels.graph import Graph

Channels = Mapping[str, Channel | None]
_CHANNELS = ("Open channels", "channels.index", {})


def channels_of(campaign: Campaign) -> dict[str, Channel | None]:
    """The chosen sender of each medium; None where none is chosen or it was removed."""
    chosen = {
        "email": campaign.email_channel_id,
        "sms": campaign.sms_channel_id,
        "voicemail": campaign.voicemail_channel_id,
    }
    found = {medium: get(Channel, one) if one else None for medium, one in chosen.items()}
    return {medium: one if one and one.archived_at is None else None for medium, one in found.items()}


def senders(campaign: Campaign, graph: Graph, channels: Channels) -> Iterator[Finding]:
    """A medium without a sender, a sender that cannot send."""
    for medium in media_in(graph):
        channel = channels.get(medium)
        thing, _, many = MEDIA.get(medium, ("channel", "message", "messages"))
        if channel is None:
            choose = ("Choose it", "campaigns.settings", {"id": campaign.id})
            sentence = f"No {thing} is chosen to send its {many} from."
            yield Finding("no_channel", "error", sentence, f"Choose a {thing}.", choose)
        elif channel.state == "disconnected":
            sentence = (
                f"{called(channel.name, channel.address)} is disconnected. {channel.state_reason}".strip()
            )
            yield Finding("disconnected", "error", sentence, "Connect it again.", _CHANNELS)
        elif channel.state == "paused":
            sentence = f"{called(channel.name, channel.address)} is paused: messages will wait."
            yield Finding("paused", "warning", sentence, "Resume it.", _CHANNELS)
        elif channel.daily_cap == 0:
            sentence = f"{called(channel.name, channel.address)} may send nothing: its daily cap is 0."
            yield Finding("cap_zero", "error", sentence, "Raise it.", _CHANNELS)


def postal_address(graph: Graph, organization: Organization) -> Iterator[Finding]:
    """Commercial e-mail needs one (CAN-SPAM, 15 U.S.C. 7704(a)(5))."""
    if "email" in media_in(graph) and not organization.postal_address.strip():
        sentence = "Your organization has no postal address, and the law asks for one in every e-mail."
        link = ("Add it", "account.organization", {})
        yield Finding("no_postal_address", "error", sentence, "Add it to your organization's settings.", link)
