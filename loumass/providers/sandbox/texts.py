"""What the sandbox's people text, as JSON, and what it means."""

from __future__ import annotations

import json

from loumass.providers.base import SentRecord, StoredItem
from loumass.providers.events import MessageArrived, MessageBounced, MessageDelivered, ProviderEvent
from loumass.providers.sandbox.people import Deed, Reaction
from loumass.providers.texting import keyword_event, meaning_of

_REPORTS = {Deed.DELIVERED: "", Deed.BOUNCED: "30005", Deed.MAILBOX_FULL: "30003"}


def body(reaction: Reaction, record: SentRecord) -> bytes:
    """The JSON of one reaction."""
    told = {"about": record.provider_message_id or f"sandbox-{record.id.hex}", "person": record.to}
    if reaction.deed in _REPORTS:
        told |= {"status": reaction.deed, "code": _REPORTS[reaction.deed]}
    else:
        told |= {"text": reaction.text, "to": record.sender, "id": f"sandbox-{record.id.hex}-reply"}
    return json.dumps(told).encode()


def parse(item: StoredItem) -> list[ProviderEvent]:
    """What one stored reaction means."""
    told = json.loads(item.body)
    at, person = item.received_at, told["person"]
    if told.get("status") == Deed.DELIVERED:
        return [MessageDelivered(at=at, provider_message_id=told["about"], recipient=person)]
    if "status" in told:
        is_dead = told["status"] == Deed.BOUNCED
        reason = "The number does not exist." if is_dead else "The handset could not be reached."
        return [
            MessageBounced(
                at=at,
                provider_message_id=told["about"],
                recipient=person,
                permanent=is_dead,
                code=told["code"],
                reason=reason,
                address_is_dead=is_dead,
            )
        ]
    text = told["text"]
    arrived = MessageArrived(
        medium="sms",
        sender=person,
        to=(told["to"],),
        received_at=at,
        provider_message_id=told["id"],
        text=text,
        reply_text=text,
    )
    meaning = meaning_of(text)
    if not meaning:
        return [arrived]
    keyword = keyword_event(meaning, sender=person, to=told["to"], at=at, keyword=text, is_answered=False)
    return [arrived, keyword]
