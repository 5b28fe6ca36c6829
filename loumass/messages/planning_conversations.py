"""The conversations that planned messages belong to: those that exist are found, the others are opened.

An e-mail belongs to its enrollment's conversation, or to one of its own. A number has one conversation per channel; where
two people share it, the second gets one of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.ids import uuid7s
from loumass.core.plans import looked_up_in_order
from loumass.core.tenancy import current_organization_id


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a message, in which step of which enrollment."""

    step_id: UUID
    enrollment_id: UUID
    contact_id: UUID
    #: The message whose thread it goes on in, where the same mailbox sent it.
    after_message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The conversation of one step. Nothing was ever said in one that `is_new`."""

    conversation_id: UUID
    is_new: bool


_COUNTERPART = {"email": "contact.email_key", "sms": "contact.phone", "voicemail": "contact.phone"}
_OWN_NUMBER, _SHARED_NUMBER = "contact.phone", "contact.phone || '#' || contact.id"
_IN_THREAD, _BY_ITSELF = "'enrollment:' || asked.enrollment_id", "'step:' || asked.step_id"
_ASKED = """
    FROM unnest(CAST(:ids AS uuid[]), CAST(:steps AS uuid[]), CAST(:enrollments AS uuid[]), CAST(:contacts AS uuid[]))
        AS asked(id, step_id, enrollment_id, contact_id)
    CROSS JOIN LATERAL (
        SELECT id, email_key, phone FROM contact
        WHERE contact.organization_id = :organization_id AND contact.id = asked.contact_id OFFSET 0) contact
"""
# Written first and looked up only where that was refused: a first message needs one way through the index.
_OPEN = """
    INSERT INTO conversation (organization_id, id, contact_id, channel_id, medium, counterpart, thread_key, stream_id, created_at)
    SELECT :organization_id, asked.id, contact.id, :channel_id, :medium, {counterpart}, {thread_key}, :stream_id, :now
    {asked}
    WHERE {counterpart} IS NOT NULL
    ORDER BY {thread_key}
    ON CONFLICT (organization_id, channel_id, thread_key) DO NOTHING
    RETURNING id
"""
_FIND = """
    SELECT asked.step_id, own.id
    {asked}
    CROSS JOIN LATERAL (SELECT {thread_key} AS key) thread
    CROSS JOIN LATERAL (
        SELECT c.id, c.medium, c.contact_id FROM conversation c
        WHERE c.organization_id = :organization_id AND c.channel_id = :channel_id
          AND c.thread_key BETWEEN thread.key AND thread.key
        ORDER BY c.organization_id, c.channel_id, c.thread_key LIMIT 1) own
    WHERE own.medium = 'email' OR own.contact_id IS NULL OR own.contact_id = contact.id
"""


def conversations_for(
    channel: Channel, stream_id: UUID, recipients: Sequence[Recipient], *, is_in_thread: bool
) -> Mapping[UUID, Opened]:
    """Step -> its conversation, for everybody who has an address on the channel's medium."""
    found = _gone_on(channel, recipients) if is_in_thread and channel.medium == "email" else {}
    without = _without(found, recipients)
    for thread_key in _thread_keys(channel.medium, is_in_thread):
        found |= _opened(channel, stream_id, thread_key, without)
        found |= _found(channel, thread_key, _without(found, without))
        without = _without(found, without)
    return found


_GO_ON = text("""
    SELECT asked.step_id, c.id
    FROM unnest(CAST(:steps AS uuid[]), CAST(:contacts AS uuid[]), CAST(:messages AS uuid[])) AS asked(step_id, contact_id, message_id)
    JOIN message m ON m.organization_id = :organization_id AND m.id = asked.message_id
    JOIN conversation c ON c.organization_id = :organization_id AND c.id = m.conversation_id
        AND c.channel_id = :channel_id AND c.medium = 'email' AND c.contact_id = asked.contact_id
""")


def _gone_on(channel: Channel, recipients: Sequence[Recipient]) -> dict[UUID, Opened]:
    """The conversations of who was led here by a message that the same mailbox sent; at no cost where nobody was."""
    led = [one for one in recipients if one.after_message_id is not None]
    if not led:
        return {}
    bound = {
        "organization_id": current_organization_id(),
        "channel_id": channel.id,
        "steps": uuid_array(one.step_id for one in led),
        "contacts": uuid_array(one.contact_id for one in led),
        "messages": uuid_array(one.after_message_id for one in led),
    }
    return {step_id: Opened(found, False) for step_id, found in db().execute(_GO_ON, bound)}


def _thread_keys(medium: str, is_in_thread: bool) -> tuple[str, ...]:
    if medium != "email":
        return _OWN_NUMBER, _SHARED_NUMBER
    return (_IN_THREAD if is_in_thread else _BY_ITSELF,)


def _without(found: Mapping[UUID, Opened], recipients: Iterable[Recipient]) -> Sequence[Recipient]:
    return [one for one in recipients if one.step_id not in found]


def _opened(
    channel: Channel, stream_id: UUID, thread_key: str, recipients: Sequence[Recipient]
) -> dict[UUID, Opened]:
    if not recipients:
        return {}
    counterpart = _COUNTERPART[channel.medium]
    statement = text(_OPEN.format(counterpart=counterpart, thread_key=thread_key, asked=_ASKED))
    steps = {new: one.step_id for new, one in zip(uuid7s(), recipients, strict=False)}
    values = _asked(channel, recipients, steps) | {
        "medium": channel.medium,
        "stream_id": stream_id,
        "now": clock.now(),
    }
    return {steps[new]: Opened(new, True) for new in db().scalars(statement, values)}


def _found(channel: Channel, thread_key: str, recipients: Sequence[Recipient]) -> dict[UUID, Opened]:
    if not recipients:
        return {}
    with looked_up_in_order():
        rows = db().execute(
            text(_FIND.format(thread_key=thread_key, asked=_ASKED)), _asked(channel, recipients)
        ).all()  # fmt: skip
    return {step_id: Opened(conversation_id, False) for step_id, conversation_id in rows}


def _asked(channel: Channel, recipients: Sequence[Recipient], ids: Iterable[UUID] = ()) -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "channel_id": channel.id,
        "ids": uuid_array(islice(ids, len(recipients))),
        "steps": uuid_array(one.step_id for one in recipients),
        "enrollments": uuid_array(one.enrollment_id for one in recipients),
        "contacts": uuid_array(one.contact_id for one in recipients),
    }
