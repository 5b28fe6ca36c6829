"""What the tests of sending name: a sandbox mailbox and number, messages in the queue, what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from loumass.channels import connecting
from loumass.channels.models import Channel, ChannelDay
from loumass.contacts.models import Contact
from loumass.content.models import Content, ContentVersion
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.core.tenancy import get_or_404
from loumass.events.models import Event
from loumass.messages import delivering
from loumass.messages.models import PRIORITY_CAMPAIGN, Conversation, Message, Stream
from loumass.messages.outbox_queueing import NewMessage, queue_messages
from loumass.providers.base import OutgoingMessage, Provider
from loumass.providers.errors import Sent
from loumass.providers.sandbox.credentials import SandboxEmailCredentials, SandboxSmsCredentials
from tests.world import Tenant


def mailbox(tenant: Tenant, address: str = "maya@acme.example", **limits: Any) -> Channel:
    """A sandbox mailbox without limits, but for those named."""
    return _channel(tenant, "email", address, SandboxEmailCredentials(email=address), limits)


def number(tenant: Tenant, address: str = "+13035550100", **limits: Any) -> Channel:
    """A sandbox number."""
    return _channel(tenant, "sms", address, SandboxSmsCredentials(number=address), limits)


def _channel(tenant: Tenant, medium: str, address: str, credentials: Any, limits: dict[str, Any]) -> Channel:
    channel_id = uuid7()
    values = {"daily_cap": None, "sender_name": "Maya Chen", **limits}
    with tenant.acting() as session:
        channel = Channel(
            id=channel_id, provider="sandbox", medium=medium, name=address, address=address,
            sealed_credentials=connecting.sealed(credentials, tenant.id, channel_id), **values,
        )  # fmt: skip
        session.add(channel)
        session.commit()
    return channel


def version(tenant: Tenant, **words: str) -> UUID:
    """A content with one version; its id."""
    with tenant.acting() as session:
        content = Content(name="Invitation", medium="email", version_number=1)
        session.add(content)
        session.flush()
        made = ContentVersion(content_id=content.id, number=1, **words)
        session.add(made)
        session.commit()
    return made.id


def stream(tenant: Tenant) -> UUID:
    """Something that writes to many."""
    with tenant.acting() as session:
        made = Stream(id=uuid7())
        session.add(made)
        session.commit()
    return made.id


def queue(tenant: Tenant, channel: Channel, contacts: Sequence[Contact], **also: Any) -> list[UUID]:
    """One message to each of `contacts`, in its own conversation; `also` changes every message."""
    with tenant.acting() as session:
        found = []
        for contact in contacts:
            to = (contact.email if channel.medium == "email" else contact.phone) or ""
            conversation = Conversation(
                contact_id=contact.id,
                channel_id=channel.id,
                medium=channel.medium,
                counterpart=to,
                thread_key=f"test:{uuid7()}",
            )
            session.add(conversation)
            session.flush()
            words = (
                {"subject": "Dinner", "text": "Will you come?"} if "content_version_id" not in also else {}
            )
            found.append(
                NewMessage(
                    conversation_id=conversation.id, channel_id=channel.id, medium=channel.medium, to_address=to,
                    contact_id=contact.id, **{**words, **also},
                )
            )  # fmt: skip
        ids = queue_messages(found)
        session.commit()
    return ids


def campaign(
    tenant: Tenant, channel: Channel, contacts: Sequence[Contact], stream_id: UUID, **also: Any
) -> list[UUID]:
    """The same, written by a campaign."""
    return queue(tenant, channel, contacts, stream_id=stream_id, priority=PRIORITY_CAMPAIGN, **also)


def people(tenant: Tenant, count: int, **also: Any) -> list[Contact]:
    """`count` contacts who never react."""
    return tenant.contacts([
        {"name": f"Person{n} Silent", "email": f"person{n}.silent@foothill.example", "phone": f"+130355{n:05}", **also}
        for n in range(10000, 10000 + count)
    ])  # fmt: skip


def message(tenant: Tenant, message_id: UUID) -> Message:
    """The message as it is now."""
    with tenant.acting():
        return get_or_404(Message, message_id)


def states(tenant: Tenant, ids: Sequence[UUID]) -> list[str]:
    """The states of `ids`, in order."""
    with tenant.acting() as session:
        found = {
            row.id: row.state
            for row in session.execute(select(Message.id, Message.state).where(Message.id.in_(ids)))
        }
    return [found[one] for one in ids]


def events(tenant: Tenant, kind: str) -> list[Event]:
    """The facts of one kind, oldest first."""
    with tenant.acting() as session:
        return list(
            session.scalars(select(Event).where(Event.kind == kind).order_by(Event.happened_at, Event.id))
        )


def used_today(tenant: Tenant, channel: Channel) -> int:
    """What is counted against the cap."""
    with tenant.acting() as session:
        return (
            session.scalar(select(func.sum(ChannelDay.used)).where(ChannelDay.channel_id == channel.id)) or 0
        )


def changed(tenant: Tenant, row: Any, **values: Any) -> None:
    """Change a committed row."""
    with tenant.acting() as session:
        found = get_or_404(type(row), row.id)
        for name, value in values.items():
            setattr(found, name, value)
        session.commit()


class Postbox(Provider):
    """A provider that keeps what it is given and can be told to break: for what no vendor does on request."""

    kind, medium, label, summary = "postbox", "email", "Postbox", "For tests"
    Credentials = SandboxEmailCredentials

    def __init__(self) -> None:
        super().__init__(None, None)  # pyright: ignore[reportArgumentType]  opens nothing
        self.taken: list[OutgoingMessage] = []
        self.taken_at: list[datetime] = []
        self.before_each: Callable[[int], object] = lambda number: None

    def send(self, message: OutgoingMessage) -> Sent:
        self.before_each(len(self.taken))
        self.taken.append(message)
        self.taken_at.append(clock.now())
        return Sent(f"postbox-{message.id.hex}", message.message_id)

    def check(self) -> str:
        return "Always open."


@contextmanager
def handing_to(provider: Provider) -> Iterator[None]:
    """Inside, every channel hands over to `provider`."""
    before = delivering.open_provider
    delivering.open_provider = lambda channel: provider
    try:
        yield
    finally:
        delivering.open_provider = before
