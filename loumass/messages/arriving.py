"""A message arrived: it is recorded once, in its conversation, and told to whoever reacts to replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.live import announce, tell
from loumass.core.tenancy import current_organization_id, get
from loumass.events.service import publish
from loumass.messages.attachments import KeptFile, attach
from loumass.messages.away import note_absence, said_return
from loumass.messages.channel_days import count
from loumass.messages.finding.words import note_words
from loumass.messages.models import Conversation, Message
from loumass.messages.origins import Origin
from loumass.messages.proof import settle_as_sent
from loumass.messages.proposing import propose
from loumass.messages.senders import Sender, sender_of
from loumass.messages.sorting.keeping import sort_arrived
from loumass.messages.threading import Thread, concerns_us, named_by_message_id, thread_of
from loumass.providers.events import MessageArrived

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:name AS text), 0))")
_KNOWN = text("""
    SELECT 1 FROM message
    WHERE organization_id = :organization_id AND direction = 'in' AND (
        (channel_id = :channel_id AND provider_message_id = :provider_message_id)
        OR (rfc_message_id = :message_id AND from_address = :sender))
    LIMIT 1
""")
_ANSWERED_SINCE = text("""
    SELECT EXISTS (
        SELECT 1 FROM message
        WHERE organization_id = :organization_id AND conversation_id = :conversation_id AND direction = 'out'
          AND stream_id IS NULL AND state IN ('queued', 'sending', 'sent') AND occurred_at > :at)
""")
_HEARD = text("""
    UPDATE contact SET last_inbound_at = greatest(last_inbound_at, CAST(:at AS timestamptz))
    WHERE organization_id = :organization_id AND id = :contact_id
""")


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a message is to be taken. A person's `reply` moves funnels; what `needs_answer` moves people."""

    is_human: bool
    is_reply: bool
    needs_answer: bool


PERSON = Meaning(is_human=True, is_reply=True, needs_answer=True)
MACHINE = Meaning(is_human=False, is_reply=False, needs_answer=False)


def arrive(
    channel: Channel, origin: Origin, arrived: MessageArrived, meaning: Meaning, files: Sequence[KeptFile]
) -> Message | None:
    """Record `arrived` in its conversation; None when it is known already or is mere junk."""
    if _is_known(channel.id, arrived, origin.identity(arrived)):
        return None
    sender = sender_of(arrived.medium, arrived.sender, channel.id)
    named = named_by_message_id(arrived, channel.id)
    if arrived.is_junk and not concerns_us(arrived, named, sender, channel.id):
        return None
    if named is not None and named.direction == "out":
        # Whoever answers a message has got it. Before the conversation is locked, as delivery takes its locks.
        settle_as_sent(channel, named.id)
    thread = thread_of(arrived, named, sender, channel.id, origin.key)
    at = min(arrived.received_at, clock.now())
    if named is not None:
        # Whatever a mail server's clock says, it came after what it answers.
        at = max(at, named.occurred_at)
    _touch(thread.conversation, sender, arrived, meaning, at)
    message = _recorded(channel, origin, arrived, thread, at)
    attach(message.id, files)
    if meaning.is_human and message.contact_id is not None:
        values = {"organization_id": current_organization_id(), "contact_id": message.contact_id, "at": at}
        db().execute(_HEARD, values)
    _tell(message, thread, meaning)
    found = said_return(message) if arrived.is_automatic else None
    node_id = thread.answered.node_id if thread.answered else None
    sort_arrived(message, node_id, found, is_reply=meaning.is_reply)
    note_words([message.id])
    if arrived.is_automatic:
        note_absence(message, found)
    elif meaning.is_reply:
        propose(message)
    return message


def _is_known(channel_id: UUID, arrived: MessageArrived, identity: str | None) -> bool:
    """Two workers with the same message wait here for each other."""
    organization_id = current_organization_id()
    name = f"arrive:{organization_id}:{arrived.message_id or identity}"
    db().execute(_LOCK, {"name": name})
    values = {
        "organization_id": organization_id,
        "channel_id": channel_id,
        "provider_message_id": identity,
        "message_id": arrived.message_id or None,
        "sender": arrived.sender,
    }
    return db().scalar(_KNOWN, values) is not None


def _recorded(
    channel: Channel, origin: Origin, arrived: MessageArrived, thread: Thread, at: datetime
) -> Message:
    conversation, answered = thread.conversation, thread.answered
    message = Message(
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        channel_id=channel.id,
        stream_id=answered.stream_id if answered else None,
        enrollment_id=answered.enrollment_id if answered else None,
        direction="in",
        medium=arrived.medium,
        state="received",
        to_address=arrived.to[0] if arrived.to else channel.address,
        from_address=arrived.sender,
        from_name=arrived.sender_name,
        # Whoever answers all answers those, too, to whom it went beside us.
        cc=list(dict.fromkeys((*arrived.to[1:], *arrived.cc))),
        subject=arrived.subject,
        text=_with_defects(arrived),
        html=arrived.html,
        reply_text=arrived.reply_text or arrived.text,
        rfc_message_id=arrived.message_id or None,
        in_reply_to=arrived.in_reply_to or None,
        references=list(arrived.references),
        provider_message_id=origin.identity(arrived),
        is_automatic=arrived.is_automatic,
        delivery_id=origin.delivery_id,
        occurred_at=at,
    )
    db().add(message)
    db().flush()
    return message


def _with_defects(arrived: MessageArrived) -> str:
    return "\n\n".join([arrived.text, *(f"[{defect}]" for defect in arrived.defects)]).strip()


def _touch(
    conversation: Conversation, sender: Sender, arrived: MessageArrived, meaning: Meaning, at: datetime
) -> None:
    """What the inbox shows of the conversation. Only people mark it unread and open it again."""
    conversation.contact_id = conversation.contact_id or sender.contact_id
    conversation.last_message_at = max(conversation.last_message_at or at, at)
    conversation.last_inbound_at = max(conversation.last_inbound_at or at, at)
    conversation.provider_thread_id = conversation.provider_thread_id or arrived.thread_id
    conversation.subject = conversation.subject or arrived.subject
    if not meaning.is_human:
        return
    conversation.unread_since = conversation.unread_since or at
    conversation.snoozed_until = None
    if meaning.needs_answer and not _is_answered_since(conversation.id, at):
        conversation.needs_reply_since = conversation.needs_reply_since or at
        conversation.closed_at = None


def _is_answered_since(conversation_id: UUID, at: datetime) -> bool:
    """Whether a person of ours wrote later: mail fetched after days offline may be answered already."""
    values: dict[str, Any] = {
        "organization_id": current_organization_id(),
        "conversation_id": conversation_id,
        "at": at,
    }
    return bool(db().scalar(_ANSWERED_SINCE, values))


def _tell(message: Message, thread: Thread, meaning: Meaning) -> None:
    answered = thread.answered
    ids = {
        "message_id": message.id,
        "contact_id": message.contact_id,
        "campaign_id": answered.stream_id if answered else None,
        "enrollment_id": answered.enrollment_id if answered else None,
        "node_id": answered.node_id if answered else None,
        "conversation_id": message.conversation_id,
        "channel_id": message.channel_id,
        "happened_at": message.occurred_at,
    }
    publish("message.received", **ids)
    if not meaning.is_human:
        publish("message.auto_replied", **ids)
    elif meaning.is_reply and answered is not None and message.channel_id is not None:
        publish("message.replied", **ids)
        count("replied", message.channel_id, message.occurred_at)
    if meaning.is_human:
        _tell_whose_it_is(message, thread.conversation)
    announce("inbox")
    announce(f"conversation:{message.conversation_id}")


def _tell_whose_it_is(message: Message, conversation: Conversation) -> None:
    """Whoever has the conversation, else the person, may be shown it outside of the page as well."""
    contact = get(Contact, conversation.contact_id) if conversation.contact_id else None
    whose = conversation.assignee_id or (contact.owner_id if contact else None)
    if whose is not None:
        ids = {"message_id": message.id, "conversation_id": message.conversation_id}
        tell("notification", to=[whose], **ids, facts={"kind": "reply"})
