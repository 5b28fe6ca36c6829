"""A test to oneself: a real message by a real sender, with everything a campaign's message would have."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from loumass.accounts.models import Organization, User
from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.content.models import Content, ContentVersion
from loumass.content.previewing import values_for
from loumass.content.queries import newest
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.ids import uuid7
from loumass.messages.models import Conversation
from loumass.messages.outbox_queueing import NewMessage, queue_messages
from loumass.messages.rendering import OWN_WAY_OUT


def send_test(content: Content, user: User, organization: Organization, contact: Contact | None) -> UUID:
    """Queue the newest version to `user`, with the values of `contact` or invented ones; the message's id.

    Raises Refused where there is no sender or no address to send to.
    """
    to = _address(content.medium, user)
    channel = _sender(content.medium, user)
    values = {**values_for(contact, organization, user), OWN_WAY_OUT: ""}
    return queue_messages([_message(channel, newest([content.id])[content.id], to, user, values)])[0]


def _address(medium: str, user: User) -> str:
    to = user.email if medium == "email" else user.phone
    if not to:
        raise Refused("Your profile has no phone number. Enter it there, then send the test again.")
    return to


def _sender(medium: str, user: User) -> Channel:
    """The person's own sender before anybody else's, the oldest first."""
    found = (
        db()
        .scalars(
            select(Channel)
            .where(Channel.medium == medium, Channel.state == "active", Channel.archived_at.is_(None))
            .order_by(Channel.owner_id.is_distinct_from(user.id), Channel.created_at, Channel.id)
            .limit(1)
        )
        .first()
    )
    if found is None:
        what = {"email": "mailbox", "sms": "number"}.get(medium, "caller ID")
        raise Refused(f"No {what} is connected that could send it. Connect one under Channels.")
    return found


def _message(
    channel: Channel, version: ContentVersion, to: str, user: User, values: dict[str, str | None]
) -> NewMessage:
    conversation = Conversation(
        id=uuid7(),
        channel_id=channel.id,
        medium=channel.medium,
        counterpart=to.lower(),
        thread_key=f"test:{uuid7()}",
        # Nobody waits for an answer to a test.
        closed_at=clock.now(),
    )
    db().add(conversation)
    db().flush()
    return NewMessage(
        conversation_id=conversation.id,
        channel_id=channel.id,
        medium=channel.medium,
        to_address=to,
        author_id=user.id,
        content_version_id=version.id,
        merge_values=values,
        sound_id=version.recording_id,
        is_synthetic=channel.medium == "voicemail" and version.recording_id is None,
    )
