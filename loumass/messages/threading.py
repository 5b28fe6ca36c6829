"""Which conversation a message belongs to, and what it answers.

Our Message-ID in In-Reply-To or References, then the provider's thread, then a reply token in the
address, then the sender's open conversation on the channel, then a new one; never by subject alone.
Only the person a conversation is with may join it: anybody else gets a linked conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, get
from loumass.messages.models import Conversation
from loumass.messages.reply_addresses import conversation_of
from loumass.messages.senders import Sender
from loumass.providers.events import MessageArrived

_MOST_REFERENCES = 50
#: Mail servers keep whole seconds, and their clocks are not ours.
_CLOCKS_DIFFER = timedelta(minutes=2)

_BY_MESSAGE_ID = text("""
    SELECT conversation_id, direction, id, stream_id, enrollment_id, node_id, occurred_at FROM message
    WHERE organization_id = :organization_id AND rfc_message_id = ANY(CAST(:ids AS text[]))
    ORDER BY array_position(CAST(:ids AS text[]), rfc_message_id), channel_id = :channel_id DESC, id DESC
    LIMIT 1
""")
# A provider may put everything with one subject into one thread: each person's own comes first.
_BY_PROVIDER_THREAD = text("""
    SELECT id FROM conversation
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND provider_thread_id = :thread_id
    ORDER BY coalesce(contact_id = CAST(:contact_id AS uuid), false) OR counterpart = :address DESC,
        last_message_at DESC NULLS LAST, id DESC LIMIT 1
""")
# Texts have no threads: a number has one conversation per channel, and a new text opens it again.
_BY_SENDER = text("""
    SELECT id FROM conversation
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND counterpart = :address
      AND (medium <> 'email' OR closed_at IS NULL)
      AND (contact_id IS NULL OR CAST(:contact_id AS uuid) IS NULL OR contact_id = :contact_id)
      AND (CAST(:linked_to_id AS uuid) IS NULL OR linked_to_id = :linked_to_id)
    ORDER BY contact_id = :contact_id DESC NULLS LAST, last_message_at DESC NULLS LAST, id DESC
    LIMIT 1
""")
_OPEN = text("""
    INSERT INTO conversation (organization_id, contact_id, channel_id, medium, counterpart, thread_key,
                              provider_thread_id, linked_to_id, subject, stream_id, created_at)
    VALUES (:organization_id, :contact_id, :channel_id, :medium, :address, :thread_key,
            :thread_id, :linked_to_id, :subject, :stream_id, :now)
    ON CONFLICT (organization_id, channel_id, thread_key) DO UPDATE SET medium = excluded.medium
    RETURNING id, counterpart, contact_id
""")
_LAST_WRITTEN = text("""
    SELECT id, stream_id, enrollment_id, node_id FROM message
    WHERE organization_id = :organization_id AND contact_id = :contact_id AND channel_id = :channel_id
      AND direction = 'out' AND state IN ('sent', 'sending', 'in_doubt') AND occurred_at <= :at
    ORDER BY enrollment_id IS NULL, occurred_at DESC, id DESC LIMIT 1
""")
_LAST_WRITTEN_BY_ANY_CHANNEL = text("""
    SELECT id, stream_id, enrollment_id, node_id FROM message
    WHERE organization_id = :organization_id AND contact_id = :contact_id AND enrollment_id IS NOT NULL
      AND direction = 'out' AND state IN ('sent', 'sending', 'in_doubt') AND occurred_at <= :at
    ORDER BY occurred_at DESC, id DESC LIMIT 1
""")
_LAST_IN_CONVERSATION = text("""
    SELECT id, stream_id, enrollment_id, node_id FROM message
    WHERE organization_id = :organization_id AND conversation_id = :conversation_id
      AND direction = 'out' AND state IN ('sent', 'sending', 'in_doubt') AND occurred_at <= :at
    ORDER BY enrollment_id IS NULL, occurred_at DESC, id DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Thread:
    """The conversation (its row is locked) and the message of ours that is answered, if there is one.

    `answered` has `id`, `stream_id`, `enrollment_id` and `node_id`.
    """

    conversation: Conversation
    answered: Row[Any] | None


def thread_of(
    arrived: MessageArrived, named: Row[Any] | None, sender: Sender, channel_id: UUID, fallback_key: str
) -> Thread:
    """Where `arrived` belongs; opens a conversation when there is none.

    `named` is what `named_by_message_id` found; `fallback_key` names a message without id.
    """
    conversation = (
        _conversation(named.conversation_id) if named else _otherwise_named(arrived, sender, channel_id)
    )
    linked_to_id = None
    if conversation is not None and not _is_with(conversation, sender):
        linked_to_id, conversation = conversation.id, None
    if conversation is None:
        conversation = _of_sender(sender, channel_id, linked_to_id)
    answered = named if named and named.direction == "out" and named.enrollment_id else None
    if conversation is None:
        answered = answered or _last_written(sender, channel_id, None, arrived)
        stream_id = answered.stream_id if answered else None
        conversation = _opened(
            arrived, sender, channel_id, fallback_key, linked_to_id=linked_to_id, stream_id=stream_id
        )
    answered = answered or _last_written(sender, channel_id, conversation.id, arrived)
    return Thread(conversation, answered)


def conversation_with(
    arrived: MessageArrived, other: Sender, channel_id: UUID, fallback_key: str
) -> Conversation:
    """Where a message that we wrote to `other` with another program belongs; opened when there is none."""
    named = named_by_message_id(arrived, channel_id)
    conversation = (
        _conversation(named.conversation_id) if named else _otherwise_named(arrived, other, channel_id)
    )
    if conversation is None or not _is_with(conversation, other):
        conversation = _of_sender(other, channel_id, None)
    return conversation or _opened(arrived, other, channel_id, fallback_key)


def named_by_message_id(arrived: MessageArrived, channel_id: UUID) -> Row[Any] | None:
    """The message that In-Reply-To or References name: `id`, `conversation_id`, `direction`, `occurred_at`, and what
    `Thread.answered` has."""
    ids = [arrived.in_reply_to, *reversed(arrived.references)]
    ids = list(dict.fromkeys(one for one in ids if one))[:_MOST_REFERENCES]
    return db().execute(_BY_MESSAGE_ID, _of(channel_id, ids=ids)).first() if ids else None


def concerns_us(arrived: MessageArrived, named: Row[Any] | None, sender: Sender, channel_id: UUID) -> bool:
    """Whether what a mail server put among the junk answers us: it names a message or conversation of ours, or
    comes from somebody this channel wrote to."""
    if named is not None or _otherwise_named(arrived, sender, channel_id) is not None:
        return True
    return sender.contact_id is not None and _last_written(sender, channel_id, None, arrived) is not None


def _otherwise_named(arrived: MessageArrived, other: Sender, channel_id: UUID) -> Conversation | None:
    if arrived.thread_id:
        asked = _of(
            channel_id, thread_id=arrived.thread_id, contact_id=other.contact_id, address=other.address
        )
        found = db().scalar(_BY_PROVIDER_THREAD, asked)
        if found is not None:
            return _conversation(found)
    named = conversation_of(arrived.to)
    return _conversation(named) if named else None


def _is_with(conversation: Conversation, other: Sender) -> bool:
    same_person = other.contact_id is not None and conversation.contact_id == other.contact_id
    return same_person or (bool(other.address) and conversation.counterpart == other.address)


def _of_sender(sender: Sender, channel_id: UUID, linked_to_id: UUID | None) -> Conversation | None:
    if not sender.address:
        return None
    found = db().scalar(
        _BY_SENDER,
        _of(channel_id, address=sender.address, contact_id=sender.contact_id, linked_to_id=linked_to_id),
    )
    return _conversation(found) if found else None


def _opened(
    arrived: MessageArrived,
    sender: Sender,
    channel_id: UUID,
    fallback_key: str,
    *,
    linked_to_id: UUID | None = None,
    stream_id: UUID | None = None,
) -> Conversation:
    values = _of(
        channel_id,
        contact_id=sender.contact_id,
        medium=arrived.medium,
        address=sender.address,
        thread_id=arrived.thread_id,
        linked_to_id=linked_to_id,
        subject=arrived.subject,
        stream_id=stream_id,
        now=clock.now(),
    )
    for key in _keys(arrived, sender, fallback_key):
        row = db().execute(_OPEN, values | {"thread_key": key}).one()
        # Somebody else may own the key: a forged Message-ID, or two people behind one number.
        if row.counterpart == sender.address and row.contact_id == sender.contact_id:
            conversation = _conversation(row.id)
            if conversation is not None:
                return conversation
    raise LookupError("a conversation that was just written cannot be read")


def _keys(arrived: MessageArrived, sender: Sender, fallback_key: str) -> Iterator[str]:
    if arrived.medium != "email":
        yield sender.address or fallback_key
        yield f"{sender.address}#{sender.contact_id}"
    elif arrived.message_id:
        yield f"message:{arrived.message_id}"
    yield fallback_key


def _last_written(
    sender: Sender, channel_id: UUID, conversation_id: UUID | None, arrived: MessageArrived
) -> Row[Any] | None:
    """A reply belongs to the enrollment that last wrote to the person on the channel.

    Who texts to a number that never wrote to them answers what they got elsewhere: the number stood in an e-mail.
    """
    at = min(arrived.received_at, clock.now()) + _CLOCKS_DIFFER
    if sender.contact_id is not None:
        parameters = _of(channel_id, contact_id=sender.contact_id, at=at)
        written = db().execute(_LAST_WRITTEN, parameters).first()
        if written is None and arrived.medium == "sms":
            written = db().execute(_LAST_WRITTEN_BY_ANY_CHANNEL, parameters).first()
        return written
    if conversation_id is not None:
        parameters = _of(channel_id, conversation_id=conversation_id, at=at)
        return db().execute(_LAST_IN_CONVERSATION, parameters).first()
    return None


def _conversation(conversation_id: UUID) -> Conversation | None:
    return get(Conversation, conversation_id, lock=True)


def _of(channel_id: UUID, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": channel_id, **more}
