"""Messages go into the queue, and out of it again before they were sent. Sets, never loops."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from loumass.contacts.suppression import normal_address
from loumass.core import clock
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.jobs import wake_all
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.messages import jobs
from loumass.messages.facts import ids_of
from loumass.messages.finding.words import note_words
from loumass.messages.models import PRIORITY_CAMPAIGN, PRIORITY_PERSON, Message

# Only what has not been taken out of the queue can be taken back.
_CANCEL = """
    UPDATE message SET state = 'cancelled', reason_code = :code, reason = :reason, ended_at = :now,
        due_at = NULL, waiting_for = NULL, lease_token = NULL, lease_until = NULL
    WHERE organization_id = :organization_id AND {which}
      AND is_open AND state = 'queued'
    RETURNING *
"""
_CANCEL_STREAM = text(_CANCEL.format(which="stream_id = :id"))
_CANCEL_CHANNELS = text(_CANCEL.format(which="channel_id = ANY(CAST(:ids AS uuid[]))"))
_CANCEL_MESSAGES = text(_CANCEL.format(which="id = ANY(CAST(:ids AS uuid[]))"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """What one outgoing message needs. Either a content version with merge values, or written words.

    Written words hold merge tags only where `merge_values` are given. `to_address` is as given. `reply_text` is what
    a person wrote this time: `text` and `html` may quote an earlier mail below it.
    """

    conversation_id: UUID
    channel_id: UUID
    medium: str
    to_address: str
    contact_id: UUID | None = None
    author_id: UUID | None = None
    subject: str = ""
    text: str = ""
    html: str = ""
    reply_text: str = ""
    content_version_id: UUID | None = None
    merge_values: Mapping[str, str | None] | None = None
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    due_at: datetime | None = None
    stream_id: UUID | None = None
    enrollment_id: UUID | None = None
    step_id: UUID | None = None
    node_id: UUID | None = None
    priority: int = PRIORITY_PERSON
    sound_id: UUID | None = None
    is_synthetic: bool = False
    #: What of it is tracked (`tracking.py`).
    tracked: int | None = None
    #: Of a person's form: unique in the organization.
    send_key: UUID | None = None


def queue_messages(messages: Sequence[NewMessage]) -> list[UUID]:
    """Queue `messages` in one statement and ring their channels after the commit; their ids in order.

    Raises NotNormal when an address is none.
    """
    now = clock.now()
    # Ids of one millisecond are random: sorted, they keep the order that was asked for.
    ids = sorted(uuid7() for _ in messages)
    rows = [_row(row_id, message, now) for row_id, message in zip(ids, messages, strict=True)]
    if rows:
        db().execute(insert(Message), rows)
        note_words([row["id"] for row in rows if row["author_id"] is not None])
        is_urgent = any(message.priority < PRIORITY_CAMPAIGN for message in messages)
        earliest: dict[UUID, datetime] = {}
        for message in messages:
            due_at = message.due_at or now
            earliest[message.channel_id] = min(due_at, earliest.get(message.channel_id, due_at))
        wakes = [jobs.deliver.wake(at, str(channel_id)) for channel_id, at in earliest.items()]
        wake_all(wakes, is_urgent=is_urgent)
    return ids


def ring_channels(channel_ids: Collection[UUID], at: datetime | None = None) -> None:
    """Deliver `channel_ids` after the commit, or at `at`: for whoever inserts messages in sets."""
    moment = at or clock.now()
    wake_all([jobs.deliver.wake(moment, str(channel_id)) for channel_id in channel_ids])


def cancel_for_stream(stream_id: UUID, code: str, reason: str) -> int:
    """Take back everything that is queued for a stream; how many."""
    return _cancelled(_CANCEL_STREAM, code, reason, id=stream_id)


def cancel_for_channels(channel_ids: Collection[UUID], code: str, reason: str) -> int:
    """Take back everything that is queued for these channels; how many."""
    return _cancelled(_CANCEL_CHANNELS, code, reason, ids=list(channel_ids))


def cancel_messages(
    message_ids: Collection[UUID], code: str = "by_hand", reason: str = "A person took it back."
) -> int:
    """Take back messages that have not gone; how many."""
    return _cancelled(_CANCEL_MESSAGES, code, reason, ids=list(message_ids))


def _cancelled(statement: Any, code: str, reason: str, **which: Any) -> int:
    rows = (
        db()
        .execute(
            statement,
            {
                "organization_id": current_organization_id(),
                "code": code,
                "reason": reason,
                "now": clock.now(),
                **which,
            },
        )
        .all()
    )
    publish_all("message.cancelled", [ids_of(row, reason=code) for row in rows])
    return len(rows)


def _row(row_id: UUID, message: NewMessage, now: datetime) -> dict[str, Any]:
    return {
        "id": row_id,
        "conversation_id": message.conversation_id,
        "channel_id": message.channel_id,
        "contact_id": message.contact_id,
        "author_id": message.author_id,
        "direction": "out",
        "medium": message.medium,
        "state": "queued",
        "priority": message.priority,
        "due_at": message.due_at or now,
        "to_address": message.to_address,
        "to_hash": keyed_hash(normal_address(message.medium, message.to_address)),
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "reply_text": message.reply_text,
        "content_version_id": message.content_version_id,
        "merge_values": dict(message.merge_values) if message.merge_values is not None else None,
        "tracked": message.tracked,
        "in_reply_to": message.in_reply_to,
        "references": list(message.references),
        "stream_id": message.stream_id,
        "enrollment_id": message.enrollment_id,
        "step_id": message.step_id,
        "node_id": message.node_id,
        "sound_id": message.sound_id,
        "is_synthetic": message.is_synthetic,
        "send_key": message.send_key,
        "occurred_at": message.due_at or now,
        "created_at": now,
    }
