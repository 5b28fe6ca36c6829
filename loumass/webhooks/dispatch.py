"""What a stored delivery means, from bytes to conversations. Done twice it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loumass.channels.models import Channel
from loumass.deliveries.models import Delivery
from loumass.deliveries.service import item_of, mark_done
from loumass.messages import receiving
from loumass.messages.receiving import KeptFiles
from loumass.providers.base import Provider
from loumass.providers.errors import Rejected
from loumass.providers.events import Attachment, Media, ProviderEvent


@dataclass(frozen=True, slots=True)
class Understood:
    """What a delivery says, with its files already in storage."""

    events: Sequence[ProviderEvent]
    files: KeptFiles


def understand(delivery: Delivery, provider: Provider) -> Understood:
    """Parse `delivery` and fetch its files. Touches the network: call outside any transaction.

    Raises ProviderError or StorageUnavailable when files cannot be had now.
    """
    events = provider.parse(item_of(delivery))
    return Understood(events, receiving.keep_files(events, lambda media: _fetched(provider, media)))


def apply(channel: Channel, delivery: Delivery, understood: Understood) -> None:
    """Take in what was understood and mark the delivery done, in the current transaction.

    Raises OutcomeAwaited when it is about a message that is being sent right now.
    """
    receiving.receive(channel, delivery.id, understood.events, understood.files)
    mark_done(delivery)


def _fetched(provider: Provider, media: Media) -> Attachment:
    """The file, or a note in its place when the vendor will never give it: the words still arrive."""
    try:
        return provider.download(media)
    except Rejected as refusal:
        return Attachment("not available.txt", "text/plain", f"{refusal.reason}\n".encode())
