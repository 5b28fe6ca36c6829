"""What Bonzo calls us with (https://docs.getbonzo.com/event-hooks): it signs nothing, the secret address is the proof."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from loumass.providers.base import HookRequest, StoredItem
from loumass.providers.bonzo.prospects import (
    direction_of,
    figures,
    id_of,
    message_of,
    moment_of,
    says_no,
    text_of,
    words,
)
from loumass.providers.errors import Forged
from loumass.providers.events import (
    MessageArrived,
    MessageBounced,
    MessageDelivered,
    OptedOut,
    ProviderEvent,
)
from loumass.providers.texting import keyword_event, meaning_of

SECRET_HEADER = "x-bonzo-token"  # noqa: S105  a header's name
MARKED = "marked as do not contact in Bonzo"
_SHORTEST_NUMBER = 7
_DELIVERED, _FAILED = frozenset({"delivered"}), frozenset({"failed", "undelivered", "rejected"})


def verify(hook: HookRequest, secret: str) -> None:
    """Raises Forged unless `hook` carries the agreed secret; without one nothing more can be asked for."""
    given = hook.headers.get(SECRET_HEADER, "")
    if secret and not hmac.compare_digest(given.encode(errors="replace"), secret.encode()):
        raise Forged("The shared secret is missing or wrong.")


def identity(hook: HookRequest) -> str:
    """Topic and message where a message is told of; else topic, prospect and a hash of the body.

    A prospect is told of again with every change, so their id alone names no event.
    """
    told = _told(hook.body)
    topic, prospect, message = _topic(told), _prospect(told), _message(told)
    if topic and (number := id_of(message.get("id"))):
        return f"{topic}:{number}:{words(message.get('status')).lower()}".rstrip(":")
    digest = hashlib.sha256(hook.body).hexdigest()
    return ":".join(filter(None, (topic, id_of(prospect.get("id")), digest)))


def parse(item: StoredItem, number: str) -> list[ProviderEvent]:
    """A text with its keyword, what became of one of ours, or a mark. Empty for what means nothing to us."""
    told = _told(item.body)
    if not told:
        return []
    return list(_meanings(told, item, number))


def _meanings(told: Mapping[str, Any], item: StoredItem, number: str) -> Iterator[ProviderEvent]:
    prospect, message = _prospect(told), _message(told)
    phone = words(prospect.get("phone")) or words(message.get("from")) or words(told.get("phone"))
    at = min(moment_of(message, "created_at", "received_at") or item.received_at, item.received_at)
    if message and _is_inbound(told, message):
        yield from _text(message, prospect, phone, number, at)
    elif message:
        yield from _report(message, phone, at)
    elif says_no(prospect) and len(figures(phone)) >= _SHORTEST_NUMBER:
        # Beside a text of theirs the mark is old news, and would hide the text from those who answer.
        yield OptedOut(
            medium="sms", sender=phone, to=number, at=item.received_at, keyword=MARKED, is_answered=True
        )


def _text(
    message: Mapping[str, Any], prospect: Mapping[str, Any], phone: str, number: str, at: datetime
) -> Iterator[ProviderEvent]:
    text, thread = text_of(message), id_of(prospect.get("id")) or id_of(message.get("prospect_id"))
    if not phone and not thread:
        return
    yield MessageArrived(
        medium="sms",
        sender=phone,
        sender_name=words(prospect.get("full_name")),
        to=(words(message.get("to")) or number,),
        received_at=at,
        provider_message_id=id_of(message.get("id")),
        thread_id=thread or None,
        text=text,
        reply_text=text,
    )
    if phone and (meaning := meaning_of(text)):
        yield keyword_event(meaning, sender=phone, to=number, at=at, keyword=text.strip(), is_answered=True)


def _report(message: Mapping[str, Any], phone: str, at: datetime) -> Iterator[ProviderEvent]:
    sent, status = id_of(message.get("id")), words(message.get("status")).lower()
    if sent and status in _DELIVERED:
        yield MessageDelivered(at=at, provider_message_id=sent, recipient=phone)
    elif sent and status in _FAILED:
        reason = words(message.get("error")) or f"The text was {status}."
        yield MessageBounced(
            at=at, provider_message_id=sent, recipient=phone, permanent=False, code=status, reason=reason
        )


def _is_inbound(told: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    """By the message's own direction; where it has none, by the topic's last word."""
    if direction := direction_of(message):
        return direction == "in"
    ending = _topic(told).rsplit(".", 1)[-1].lower()
    return bool(text_of(message)) and ending in ("received", "incoming", "inbound", "responded", "replied")


def _message(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where events carry their message: as the resource, beside the prospect, or flat."""
    resource, additional = told.get("resource"), told.get("additional")
    for place in (resource, additional, told):
        if isinstance(place, Mapping):
            if inner := message_of(place):
                return inner
            if place is not additional and text_of(place):
                return place
    return {}


def _prospect(told: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = told.get("prospect")
    if isinstance(inner, Mapping):
        return inner
    number = told.get("prospect_id")
    return {**told, "id": number} if id_of(number) else {}


def _topic(told: Mapping[str, Any]) -> str:
    return words(told.get("event") or told.get("topic"))[:100]


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
