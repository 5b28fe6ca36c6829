"""A mail as its mailbox gave it: the bytes, and beside them what the mailbox says of it."""

from __future__ import annotations

from dataclasses import replace

from loumass.providers.base import StoredItem
from loumass.providers.events import MessageArrived, ProviderEvent
from loumass.providers.mail import parsing


def parse(item: StoredItem, mailbox: str) -> list[ProviderEvent]:
    """What it tells, with the vendor's thread and id where it has any. `meta` says whether it lay in Sent or among junk."""
    events = parsing.read(
        item.body,
        received_at=item.received_at,
        own_addresses=[mailbox],
        is_from_sent=bool(item.meta.get("is_sent")),
        is_from_junk=bool(item.meta.get("is_junk")),
    )
    thread_id, message_id = str(item.meta.get("thread") or "") or None, str(item.meta.get("id") or "")
    return [
        replace(one, thread_id=thread_id, provider_message_id=message_id)
        if isinstance(one, MessageArrived)
        else one
        for one in events
    ]
