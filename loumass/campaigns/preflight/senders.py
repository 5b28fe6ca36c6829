"""Whether there is a sender for every medium, and whether it can send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight.finding import MEDIA, Finding, Severity, media_in
from loumass.channels.models import Channel
from loumass.channels.naming import called
from loumass.funnels.graph import Graph

#: Medium -> its senders, the one that the campaign names first; none where there are none.
Channels = Mapping[str, Sequence[Channel]]
_CHANNELS = ("Open channels", "channels.index", {})


def senders(campaign: Campaign, graph: Graph, channels: Channels) -> Iterator[Finding]:
    """A medium without a sender, a sender that cannot send. One of several that cannot is a warning: the others go on."""
    for medium in media_in(graph):
        thing, _, many = MEDIA.get(medium, ("channel", "message", "messages"))
        pool = channels.get(medium, ())
        if not pool:
            choose = ("Choose it", "campaigns.settings", {"id": campaign.id})
            sentence = f"No {thing} is chosen to send its {many} from."
            yield Finding("no_channel", "error", sentence, f"Choose a {thing}.", choose)
        others_send = any(one.state == "active" and one.daily_cap != 0 for one in pool)
        for channel in pool:
            yield from _of_one(channel, "warning" if others_send else "error")


def _of_one(channel: Channel, severity: Severity) -> Iterator[Finding]:
    name = called(channel.name, channel.address)
    if channel.state == "disconnected":
        sentence = f"{name} is disconnected. {channel.state_reason}".strip()
        yield Finding("disconnected", severity, sentence, "Connect it again.", _CHANNELS)
    elif channel.state == "paused":
        yield Finding("paused", "warning", f"{name} is paused: messages will wait.", "Resume it.", _CHANNELS)
    elif channel.daily_cap == 0:
        sentence = f"{name} may send nothing: its daily cap is 0."
        yield Finding("cap_zero", severity, sentence, "Raise it.", _CHANNELS)


def postal_address(graph: Graph, organization: Organization) -> Iterator[Finding]:
    """Commercial e-mail needs one (CAN-SPAM, 15 U.S.C. 7704(a)(5))."""
    if "email" in media_in(graph) and not organization.postal_address.strip():
        sentence = "Your organization has no postal address, and the law asks for one in every e-mail."
        link = ("Add it", "account.organization", {})
        yield Finding("no_postal_address", "error", sentence, "Add it to your organization's settings.", link)
