"""What became of messages that we sent: delivered, bounced, called spam. May come before our own outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.channels.models import Channel
from loumass.contacts.suppression import suppress
from loumass.core import clock, metrics
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id
from loumass.deliverability import soft_bounces, troubles
from loumass.events.service import publish
from loumass.messages.channel_days import count
from loumass.messages.facts import ids_of
from loumass.messages.proof import settle_as_sent
from loumass.messages.senders import compared
from loumass.providers.events import AboutSent, Complained, MessageBounced, MessageDelivered

#: For so long a report about a message that we do not know yet waits for our own outcome.
_PATIENCE = timedelta(minutes=15)

# Bound to the channel unless the id is proven to be ours: nobody reports on another channel's messages.
_FIND = text("""
    SELECT * FROM message
    WHERE organization_id = :organization_id AND direction = 'out' AND (
        id = :our_id
        OR (channel_id = :channel_id AND provider_message_id = :provider_message_id)
        OR (channel_id = :channel_id AND rfc_message_id = :message_id))
    ORDER BY id = :our_id DESC NULLS LAST, provider_message_id = :provider_message_id DESC NULLS LAST, id DESC
    LIMIT 1
    FOR UPDATE
""")
_IS_ON_ITS_WAY = text("""
    SELECT EXISTS (
        SELECT 1 FROM message
        WHERE organization_id = :organization_id AND channel_id = :channel_id AND state IN ('sending', 'in_doubt')
          AND provider_message_id IS NULL AND attempted_at IS NOT NULL
          AND (to_address = :recipient OR CAST(:recipient AS text) = ''))
""")
_DELIVERED = text("""
    UPDATE message SET delivered_at = :at
    WHERE organization_id = :organization_id AND id = :id AND delivered_at IS NULL
    RETURNING *
""")
# A permanent bounce outranks a passing one; told twice, nothing changes.
_BOUNCED = text("""
    UPDATE message SET bounced_at = :at, is_bounce_permanent = :permanent, reason_code = :code, reason = :reason
    WHERE organization_id = :organization_id AND id = :id
      AND (bounced_at IS NULL OR (:permanent AND is_bounce_permanent IS NOT TRUE))
    RETURNING *
""")


class OutcomeAwaited(Conflict):
    """The report is about a message that is being sent right now: understand it again in a moment."""


def delivered(channel: Channel, event: MessageDelivered) -> None:
    """It reached the mailbox or handset; so it was sent, whatever we thought. Raises OutcomeAwaited."""
    message = _message(channel, event)
    if message is None:
        return
    settle_as_sent(channel, message.id, event.provider_message_id)
    row = db().execute(_DELIVERED, _of(channel, id=message.id, at=_at(event))).one_or_none()
    if row is not None:
        publish("message.delivered", **ids_of(row))
        _show(row)


def bounced(channel: Channel, event: MessageBounced) -> None:
    """It came back. Only a permanent bounce suppresses the address we wrote to. Raises OutcomeAwaited."""
    message = _message(channel, event)
    if message is None:
        return
    settle_as_sent(channel, message.id, event.provider_message_id)
    values = _of(
        channel,
        id=message.id,
        at=_at(event),
        permanent=event.permanent,
        code=event.code or "bounced",
        reason=event.reason[:500] or "It came back without a reason.",
    )
    row = db().execute(_BOUNCED, values).one_or_none()
    if row is None:
        return
    publish("message.bounced", **ids_of(row, permanent=event.permanent, code=event.code))
    if event.permanent:
        count("bounced", channel.id, _at(event))
        metrics.RETURNS.labels(channel.medium, "bounced").inc()
        kind = "bounced" if _speaks_of_the_address(event) else "rejected"
        troubles.note(kind, channel.id, [row.to_address])
        if _speaks_of_the_address(event):
            # The address that we wrote to, not the one that the report names: reports can be forged.
            address = compared(row.medium, row.to_address)
            suppress(row.medium, [address], "bounced", note=f"{event.code} {event.reason}".strip()[:300])
    elif row.to_hash:
        soft_bounces.count(row.medium, compared(row.medium, row.to_address), row.to_hash, row.id)
    _show(row)


def complained(channel: Channel, event: Complained) -> None:
    """The recipient called it spam: never again on this medium."""
    message = _message(channel, event)
    if message is None:
        return
    settle_as_sent(channel, message.id, event.provider_message_id)
    address = compared(message.medium, message.to_address)
    if suppress(message.medium, [address], "complained", note="They called a message spam."):
        count("complained", channel.id, _at(event))
        metrics.RETURNS.labels(channel.medium, "complained").inc()
        troubles.note("complained", channel.id, [message.to_address])


def _message(channel: Channel, event: AboutSent) -> Row[Any] | None:
    values = _of(
        channel,
        our_id=event.our_id,
        provider_message_id=event.provider_message_id or None,
        message_id=event.message_id or None,
    )
    row = db().execute(_FIND, values).one_or_none()
    if row is None and event.provider_message_id and clock.now() - event.at < _PATIENCE:
        recipient = compared(channel.medium, event.recipient) if event.recipient else ""
        if db().scalar(_IS_ON_ITS_WAY, _of(channel, recipient=recipient)):
            raise OutcomeAwaited(
                "The message is just being sent. The report about it is understood afterwards."
            )
    return row


def _show(row: Row[Any]) -> None:
    """Open threads follow; what came of a person's own answer also stands in everybody's list."""
    announce(f"conversation:{row.conversation_id}")
    if row.stream_id is None:
        announce("inbox")


def _speaks_of_the_address(event: MessageBounced) -> bool:
    """Whether the address is at fault. 5.7.x refuses this message or its sender (RFC 3463 section 3.8)."""
    return event.address_is_dead or not event.code.startswith("5.7.")


def _at(event: AboutSent) -> Any:
    return min(event.at, clock.now())


def _of(channel: Channel, **more: Any) -> dict[str, UUID | Any]:
    return {"organization_id": current_organization_id(), "channel_id": channel.id, **more}
