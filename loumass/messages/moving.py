"""Messages that wait for a sender which cannot send are handed to others: with their conversations, their words about the
sender and their place in the thread."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.outbox_queueing import ring_channels
from loumass.messages.planning_conversations import Recipient, conversations_for
from loumass.messages.pooling import senders_now, spread
from loumass.messages.rendering import domain_of

#: So many at once; the rest waits for another click.
MOST = 5_000
_WAITING = text("""
    SELECT m.id, m.step_id, m.enrollment_id, m.contact_id, m.conversation_id FROM message m
    WHERE m.organization_id = :organization_id AND m.channel_id = :channel_id AND m.is_open AND m.state = 'queued'
      AND m.stream_id = :stream_id AND m.step_id IS NOT NULL AND m.contact_id IS NOT NULL
    ORDER BY m.id LIMIT :most FOR UPDATE
""")
# What a limit of the old sender put off is looked at now; what was planned for a later time keeps it.
_MOVE = text("""
    UPDATE message SET channel_id = :channel_id, conversation_id = moved.conversation_id, from_address = :from_address,
        from_name = :from_name, segments = NULL, waiting_for = NULL,
        rfc_message_id = CASE WHEN message.medium = 'email' THEN message.id || '@' || CAST(:domain AS text) END,
        due_at = CASE WHEN message.waiting_for IS NULL THEN message.due_at ELSE CAST(:now AS timestamptz) END,
        merge_values = message.merge_values || coalesce((
            SELECT jsonb_object_agg(said.key, said.value) FROM jsonb_each(CAST(:values AS jsonb)) said
            WHERE jsonb_exists(message.merge_values, said.key)), '{}')
    FROM unnest(CAST(:ids AS uuid[]), CAST(:conversations AS uuid[])) AS moved(id, conversation_id)
    WHERE message.organization_id = :organization_id AND message.id = moved.id AND message.state = 'queued'
    RETURNING message.id
""")
# A follow-up without a subject of its own goes on under the one that they know.
_SAME_SUBJECT = text("""
    UPDATE conversation SET subject = before.subject
    FROM unnest(CAST(:conversations AS uuid[]), CAST(:before AS uuid[])) AS pair(id, before_id)
    JOIN conversation before ON before.organization_id = :organization_id AND before.id = pair.before_id
    WHERE conversation.organization_id = :organization_id AND conversation.id = pair.id AND conversation.subject = ''
""")


def move_waiting(
    stream_id: UUID,
    from_channel_id: UUID,
    targets: Sequence[Channel],
    values_of: Callable[[Channel], Mapping[str, str | None]],
    *,
    is_in_thread: bool,
) -> int:
    """What the stream has waiting for one channel goes by `targets` from now on, spread over them; at most 5,000 messages.

    `values_of` a target are the merge values that tell of the sender. Returns how many were moved.
    """
    bound = _of(channel_id=from_channel_id, stream_id=stream_id, most=MOST)
    rows = db().execute(_WAITING, bound).all()
    groups: dict[UUID, list[Row[Any]]] = defaultdict(list)
    senders = senders_now([one.id for one in targets])
    for row, channel_id in zip(rows, spread(senders, len(rows)), strict=True):
        groups[channel_id].append(row)
    by_id = {one.id: one for one in targets}
    moved = 0
    for channel_id, group in groups.items():
        channel = by_id[channel_id]
        moved += _move(channel, stream_id, group, values_of(channel), is_in_thread)
    ring_channels(groups)
    return moved


def _move(
    channel: Channel,
    stream_id: UUID,
    rows: Sequence[Row[Any]],
    values: Mapping[str, str | None],
    is_in_thread: bool,
) -> int:
    recipients = [Recipient(row.step_id, row.enrollment_id, row.contact_id) for row in rows]
    opened = conversations_for(channel, stream_id, recipients, is_in_thread=is_in_thread)
    going = [row for row in rows if row.step_id in opened]
    conversations = uuid_array(opened[row.step_id].conversation_id for row in going)
    before = uuid_array(row.conversation_id for row in going)
    db().execute(_SAME_SUBJECT, _of(conversations=conversations, before=before))
    moved = db().scalars(
        _MOVE,
        _of(
            channel_id=channel.id,
            ids=uuid_array(row.id for row in going),
            conversations=conversations,
            from_address=channel.address,
            from_name=channel.sender_name,
            domain=domain_of(channel.address) if channel.medium == "email" else None,
            now=clock.now(),
            values=json.dumps(dict(values)),
        ),
    )
    return len(moved.all())


def _of(**values: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **values}
