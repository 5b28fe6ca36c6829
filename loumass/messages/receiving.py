"""What a stored delivery means for conversations, contacts and sent messages. Doing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from loumass.channels.models import Channel
from loumass.messages.arriving import MACHINE, arrive
from loumass.messages.attachments import KeptFile, keep
from loumass.messages.cleaning import cleaned
from loumass.messages.keywords import meaning_of, obey
from loumass.messages.origins import Origin
from loumass.messages.own_copies import record_copy
from loumass.messages.reports import OutcomeAwaited, bounced, complained, delivered
from loumass.providers.events import (
    Attachment,
    Complained,
    KeywordSent,
    MailboxChanged,
    Media,
    MessageArrived,
    MessageBounced,
    MessageDelivered,
    ProviderEvent,
)

__all__ = ["KeptFiles", "OutcomeAwaited", "keep_files", "receive"]

#: Position of an event in its delivery -> its files, already in storage.
KeptFiles = Mapping[int, Sequence[KeptFile]]


def keep_files(
    events: Sequence[ProviderEvent], download: Callable[[Media], Attachment] | None = None
) -> KeptFiles:
    """Store what the events carry (and what the provider keeps for us) before the transaction begins.

    Raises StorageUnavailable, and ProviderError when a file cannot be fetched now: try again later. The same
    bytes are stored once, and what no message carries after all is taken away (`media.forgetting`).
    """
    kept: dict[int, Sequence[KeptFile]] = {}
    for position, event in enumerate(events):
        if isinstance(event, MessageArrived) and (event.attachments or event.media):
            fetched = [download(media) for media in event.media] if download else []
            kept[position] = keep([*event.attachments, *fetched])
    return kept


def receive(channel: Channel, delivery_id: UUID, events: Sequence[ProviderEvent], files: KeptFiles) -> None:
    """Take in what one delivery told, inside the transaction that marks it done.

    `files` is what `keep_files` returned. Raises OutcomeAwaited
    when a report is about a message that is being sent right now: leave the delivery pending.
    """
    fit = [cleaned(event) for event in events]
    obeyed = obey([event for event in fit if isinstance(event, KeywordSent)], channel.id)
    for position, event in enumerate(fit):
        match event:
            case MessageArrived(is_own_copy=True):
                record_copy(channel, Origin(delivery_id, position), event, files.get(position, ()))
            case MessageArrived():
                meaning = MACHINE if event.is_automatic else meaning_of(event.sender, obeyed)
                arrive(channel, Origin(delivery_id, position), event, meaning, files.get(position, ()))
            case MessageDelivered():
                delivered(channel, event)
            case MessageBounced():
                bounced(channel, event)
            case Complained():
                complained(channel, event)
            case KeywordSent() | MailboxChanged():
                continue
