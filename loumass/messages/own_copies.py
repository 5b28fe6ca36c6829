"""What the Sent folder shows: our own messages really went, and answers written in another program."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.live import announce
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import current_organization_id
from loumass.messages.attachments import KeptFile, attach
from loumass.messages.finding.words import note_words
from loumass.messages.models import Conversation, Message
from loumass.messages.origins import Origin
from loumass.messages.proof import settle_as_sent
from loumass.messages.senders import Sender, compared, sender_of
from loumass.messages.threading import conversation_with
from loumass.providers.events import MessageArrived

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:name AS text), 0))")
# Our outbox names a message after its id, so a copy finds its row even where no outcome was recorded.
_OURS = text("""
    SELECT id FROM message
    WHERE organization_id = :organization_id AND direction = 'out' AND (
        rfc_message_id = ANY(CAST(:message_ids AS text[]))
        OR (channel_id = :channel_id AND provider_message_id = :provider_message_id))
    ORDER BY channel_id = :channel_id DESC, id DESC LIMIT 1
""")
# A vendor may name a draft, in its first word, as it names what becomes of it: that is ours whatever Message-ID it got. Only
# what is under way is looked through.
_DRAFTED = text("""
    SELECT id FROM message
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND is_in_doubt
      AND split_part(draft_id, ' ', 1) = :provider_message_id
    UNION ALL
    SELECT message.id FROM attempt
    JOIN message ON message.organization_id = :organization_id AND message.id = ANY(attempt.message_ids)
    WHERE attempt.organization_id = :organization_id AND attempt.channel_id = :channel_id
      AND split_part(message.draft_id, ' ', 1) = :provider_message_id
    LIMIT 1
""")


def record_copy(
    channel: Channel, origin: Origin, copy: MessageArrived, files: Sequence[KeptFile]
) -> Message | None:
    """Settle our own message, or record what was sent with another program; never a reply.

    None when there is nothing new, or nobody it was sent to.
    """
    organization_id = current_organization_id()
    db().execute(_LOCK, {"name": f"arrive:{organization_id}:{copy.message_id or origin.key}"})
    asked = {
        "organization_id": organization_id,
        "channel_id": channel.id,
        "message_ids": [one for one in (copy.message_id, copy.given_id) if one],
        "provider_message_id": origin.identity(copy),
    }
    known = db().scalar(_OURS, asked)
    if known is None and copy.provider_message_id:
        known = db().scalar(_DRAFTED, asked)
    other = _recipient(channel, copy)
    if known is not None or other is None:
        if known is not None:
            settle_as_sent(channel, known, copy=copy)
        return None
    conversation = conversation_with(copy, other, channel.id, origin.key)
    message = _recorded(channel, origin, copy, conversation, other)
    attach(message.id, files)
    note_words([message.id])
    _touch(conversation, other, message)
    return message


def _recipient(channel: Channel, copy: MessageArrived) -> Sender | None:
    """The first address that is not our own."""
    for address in (*copy.to, *copy.cc):
        if compared(copy.medium, address) != channel.address:
            return sender_of(copy.medium, address, channel.id)
    return None


def _recorded(
    channel: Channel, origin: Origin, copy: MessageArrived, conversation: Conversation, other: Sender
) -> Message:
    at = min(copy.received_at, clock.now())
    message = Message(
        conversation_id=conversation.id,
        contact_id=conversation.contact_id or other.contact_id,
        channel_id=channel.id,
        direction="out",
        medium=copy.medium,
        state="sent",
        sent_at=at,
        attempted_at=at,
        to_address=other.address,
        to_hash=keyed_hash(other.address),
        from_address=channel.address,
        from_name=copy.sender_name,
        cc=list(copy.cc),
        subject=copy.subject,
        text=copy.reply_text or copy.text,
        rfc_message_id=copy.message_id or None,
        in_reply_to=copy.in_reply_to or None,
        references=list(copy.references),
        provider_message_id=origin.identity(copy),
        delivery_id=origin.delivery_id,
        occurred_at=at,
    )
    db().add(message)
    db().flush()
    return message


def _touch(conversation: Conversation, other: Sender, message: Message) -> None:
    """Whoever answered in another program has answered."""
    at = message.occurred_at
    conversation.contact_id = conversation.contact_id or other.contact_id
    conversation.last_message_at = max(conversation.last_message_at or at, at)
    if conversation.needs_reply_since is not None and conversation.needs_reply_since <= at:
        conversation.needs_reply_since = None
    if conversation.unread_since is not None and conversation.unread_since <= at:
        conversation.unread_since = None
    announce("inbox")
    announce(f"conversation:{conversation.id}")
