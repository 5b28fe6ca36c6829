"""What webhooks do when something happened elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from loumass.channels.connecting import open_provider
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.deliveries import service as deliveries
from loumass.events.models import Event
from loumass.events.service import hears
from loumass.messages.models import Message
from loumass.messages.service import Shown, shown
from loumass.providers.base import Capability, Provider, SentRecord
from loumass.providers.errors import Disconnected
from loumass.providers.registry import that_can
from loumass.webhooks.asking import await_reports
from loumass.webhooks.jobs import is_polled, poll, receive
from loumass.webhooks.watching import is_watchable, watch

_FIRST_LINES = 2_000


def on_channel_connected(events: Sequence[Event]) -> None:
    """Start polling and watching mailboxes at once."""
    ids = [event.channel_id for event in events if event.channel_id]
    channels = db().scalars(select(Channel).where(Channel.id.in_(ids), Channel.archived_at.is_(None)))
    found = channels.all()
    wake_all([poll.wake(clock.now(), str(channel.id)) for channel in found if is_polled(channel)])
    wake_all([watch.wake(clock.now(), str(channel.id)) for channel in found if is_watchable(channel)])


@hears("message_id", "channel_id")
def on_sent(events: Sequence[Event]) -> None:
    """Let the sandbox's people react: what comes of the messages is stored now and due later. Reports that may never
    come are asked for."""
    channels, asked = _of_interest({event.channel_id for event in events if event.channel_id})
    if asked:
        await_reports([one.message_id for one in events if one.message_id and one.channel_id in asked])
    ids = [event.message_id for event in events if event.message_id and event.channel_id in channels]
    if not ids:
        return
    sent = db().execute(
        select(Message, Channel)
        .join(
            Channel,
            (Channel.organization_id == Message.organization_id) & (Channel.id == Message.channel_id),
        )
        .where(Message.id.in_(ids), Message.sent_at.is_not(None))
        .order_by(Message.channel_id, Message.sent_at, Message.id)
    )
    by_channel: dict[UUID, tuple[Channel, list[Message]]] = {}
    for message, channel in sent:
        by_channel.setdefault(channel.id, (channel, []))[1].append(message)
    for channel, messages in by_channel.values():
        _feed(channel, messages)


def _of_interest(channel_ids: Collection[UUID]) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Those of the channels whose provider is told of what was sent, and those whose is asked about it: most are neither."""
    told, asked = (
        frozenset(provider.kind for provider in that_can(capability))
        for capability in (Capability.NEEDS_SENT, Capability.REPORTS)
    )
    wanted = select(Channel.id, Channel.provider).where(
        Channel.id.in_(channel_ids), Channel.provider.in_(sorted(told | asked))
    )
    found = db().execute(wanted).all()
    return (
        frozenset(row.id for row in found if row.provider in told),
        frozenset(row.id for row in found if row.provider in asked),
    )


def _feed(channel: Channel, messages: Sequence[Message]) -> None:
    provider = _opened(channel)
    if provider is None:
        return
    words = shown(messages)
    items = provider.fetch({}, [_record(channel, message, words[message.id]) for message in messages]).items
    deliveries.store(channel.id, items)
    due = [item.due_at for item in items if item.due_at]
    if due:
        wake_all([receive.wake(min(due), str(channel.id))])


def _opened(channel: Channel) -> Provider | None:
    """None once the channel's credentials were taken away: nobody there reacts any more."""
    try:
        return open_provider(channel)
    except Disconnected:
        return None


def _record(channel: Channel, message: Message, words: Shown) -> SentRecord:
    return SentRecord(
        id=message.id,
        to=message.to_address,
        sender=message.from_address or channel.address,
        sent_at=message.sent_at or clock.now(),
        subject=words.subject,
        message_id=message.rfc_message_id or "",
        text=words.text[:_FIRST_LINES],
        provider_message_id=message.provider_message_id or "",
    )
