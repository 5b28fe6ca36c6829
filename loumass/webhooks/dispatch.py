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
from loumass.providers.errors import ProviderError, Rejected
from loumass.providers.events import Attachment, KeywordSent, MailboxChanged, Media, ProviderEvent

#: So often a picture is asked for, over about a minute, before its words go in without it.
MOST_FETCHES = 3


@dataclass(frozen=True, slots=True)
class Understood:
    """What a delivery says, with its files already in storage."""

    events: Sequence[ProviderEvent]
    files: KeptFiles


def understand(delivery: Delivery, provider: Provider) -> Understood:
    """Parse `delivery` and fetch its files. Touches the network: call outside any transaction.

    Raises ProviderError or StorageUnavailable when files cannot be had now. The words do not wait long for their
    pictures, and a STOP does not wait at all.
    """
    events = provider.parse(item_of(delivery))
    is_patient = delivery.attempts < MOST_FETCHES and not any(isinstance(one, KeywordSent) for one in events)
    return Understood(
        events, receiving.keep_files(events, lambda media: _fetched(provider, media, is_patient))
    )


def apply(channel: Channel, delivery: Delivery, understood: Understood) -> bool:
    """Take in what was understood and mark the delivery done, in the current transaction; whether it says that there is
    mail to fetch.

    Raises OutcomeAwaited when it is about a message that is being sent right now.
    """
    receiving.receive(channel, delivery.id, understood.events, understood.files)
    mark_done(delivery)
    return any(isinstance(one, MailboxChanged) for one in understood.events)


def is_unwatched(understood: Understood) -> bool:
    """Whether the vendor stops telling us of what arrives, unless it is asked again."""
    return any(isinstance(one, MailboxChanged) and one.is_unwatched for one in understood.events)


def _fetched(provider: Provider, media: Media, is_patient: bool) -> Attachment:
    """The file, or a note in its place when the vendor does not give it: the words still arrive."""
    try:
        return provider.download(media)
    except ProviderError as problem:
        if is_patient and not isinstance(problem, Rejected):
            raise
        return Attachment("not available.txt", "text/plain", f"{problem.reason}\n".encode())
