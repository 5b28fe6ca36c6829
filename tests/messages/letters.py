"""Correspondence for tests: channels, messages that went out, and what providers bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text

from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import Base
from loumass.core.ids import uuid7
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import serving
from loumass.deliveries.models import Delivery
from loumass.events.models import Event
from loumass.messages.models import Conversation, Message, Stream
from loumass.messages.receiving import keep_files, receive
from loumass.providers.events import MessageArrived, ProviderEvent
from tests.world import Tenant

MAYA, NUMBER = "maya@acme.example", "+13035550199"


def mailbox(tenant: Tenant, address: str = MAYA, **also: Any) -> Channel:
    """A connected mailbox of the sandbox."""
    return _channel(tenant, medium="email", address=address, name="Maya", sender_name="Maya Lind", **also)


def number(tenant: Tenant, address: str = NUMBER, **also: Any) -> Channel:
    """A connected number of the sandbox."""
    return _channel(tenant, medium="sms", address=address, name="Denver number", **also)


def _channel(tenant: Tenant, **values: Any) -> Channel:
    with tenant.acting() as session:
        channel = Channel(**{"provider": "sandbox", "sealed_credentials": b"none"} | values)
        session.add(channel)
        session.commit()
    return channel


def stream(tenant: Tenant) -> UUID:
    """What a campaign owns in messages."""
    with tenant.acting() as session:
        row = Stream()
        session.add(row)
        session.commit()
    return row.id


def written(tenant: Tenant, channel: Channel, contact: Contact | None, **also: Any) -> Message:
    """A message that went out from `channel` to `contact` an hour ago, in a conversation of its own kind."""
    to = also.pop("to_address", None) or (
        contact and (contact.email if channel.medium == "email" else contact.phone)
    )
    assert to is not None
    at = also.pop("occurred_at", clock.now() - timedelta(hours=1))
    enrollment_id, thread_key = also.get("enrollment_id"), also.pop("thread_key", None)
    thread_key = thread_key or (to if channel.medium != "email" else f"enrollment:{enrollment_id or uuid7()}")
    with tenant.acting() as session:
        conversation = session.scalar(
            select(Conversation).where(
                Conversation.channel_id == channel.id, Conversation.thread_key == thread_key
            )
        )
        if conversation is None:
            conversation = Conversation(
                contact_id=contact and contact.id, channel_id=channel.id, medium=channel.medium, counterpart=to,
                thread_key=thread_key, stream_id=also.get("stream_id"), subject=also.get("subject", ""),
            )  # fmt: skip
            session.add(conversation)
            session.flush()
        conversation.last_message_at = at
        values: dict[str, Any] = {
            "state": "sent",
            "sent_at": at,
            "attempted_at": at,
            "subject": "A seat for you",
            "text": "Come!",
        }
        message = Message(
            **values
            | {
                "conversation_id": conversation.id, "contact_id": contact and contact.id, "channel_id": channel.id,
                "direction": "out", "medium": channel.medium, "to_address": to, "to_hash": keyed_hash(to), "occurred_at": at,
                "from_address": channel.address,
            }
            | also
        )  # fmt: skip
        if channel.medium == "email" and "rfc_message_id" not in also:
            message.id = uuid7()
            message.rfc_message_id = f"{message.id}@acme.example"
        session.add(message)
        session.commit()
    return message


def email(sender: str, text_: str = "Count me in", **also: Any) -> MessageArrived:
    """An e-mail from `sender` to Maya."""
    values: dict[str, Any] = {
        "medium": "email", "sender": sender, "text": text_, "reply_text": text_, "to": (MAYA,), "received_at": clock.now(),
        "subject": "Re: A seat for you", "message_id": f"{uuid7()}@foothill.example",
    }  # fmt: skip
    return MessageArrived(**values | also)


def sms(sender: str, text_: str = "who is this", **also: Any) -> MessageArrived:
    """A text from `sender` to our number."""
    values: dict[str, Any] = {
        "medium": "sms", "sender": sender, "text": text_, "reply_text": text_, "to": (NUMBER,), "received_at": clock.now(),
        "provider_message_id": f"SM{uuid7().hex}",
    }  # fmt: skip
    return MessageArrived(**values | also)


def brings(tenant: Tenant, channel: Channel, *events: ProviderEvent, delivery_id: UUID | None = None) -> UUID:
    """The channel's provider delivers `events`; the id of the stored delivery."""
    with tenant.acting() as session:
        if delivery_id is None:
            delivery = Delivery(channel_id=channel.id, identity=uuid7().hex, body=b"raw")
            session.add(delivery)
            session.flush()
            delivery_id = delivery.id
        session.commit()
    with serving(tenant.organization.id):
        files = keep_files(events)
    with tenant.acting() as session:
        receive(channel, delivery_id, events, files)
        session.commit()
    return delivery_id


def rows(tenant: Tenant, model: type[Base], **where: Any) -> Sequence[Any]:
    """All rows of `model` that the tenant has, oldest first."""
    with tenant.acting() as session:
        return session.scalars(
            select(model).filter_by(**where).order_by(list(model.__table__.primary_key)[-1])
        ).all()


def one(tenant: Tenant, model: type[Base], **where: Any) -> Any:
    """The only such row."""
    found = rows(tenant, model, **where)
    assert len(found) == 1, found
    return found[0]


def told(tenant: Tenant, kind: str) -> Sequence[Event]:
    """The events of one kind."""
    return rows(tenant, Event, kind=kind)


def figures(tenant: Tenant) -> Row[Any]:
    """What the channels counted: replied, bounced, complained."""
    with tenant.acting() as session:
        return session.execute(
            text(
                "SELECT coalesce(sum(replied), 0) AS replied, coalesce(sum(bounced), 0) AS bounced, "
                "coalesce(sum(complained), 0) AS complained FROM channel_day WHERE organization_id = :organization_id"
            ),
            {"organization_id": tenant.id},
        ).one()


def count_of(tenant: Tenant, model: type[Base]) -> int:
    """How many rows of `model` the tenant has."""
    with tenant.acting() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0
