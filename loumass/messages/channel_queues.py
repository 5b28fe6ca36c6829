"""How much waits for each channel: handed down to the channels' pages."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select

from loumass.channels.waiting import Queue
from loumass.core.database import db
from loumass.messages.models import Message


def count_queues(channel_ids: Sequence[UUID]) -> dict[UUID, Queue]:
    """Channel -> its queue; channels without one are left out. One statement."""
    rows = db().execute(
        select(
            Message.channel_id,
            func.count().filter(Message.is_open),
            func.count().filter(Message.is_in_doubt),
        )
        .where(Message.channel_id.in_(channel_ids), or_(Message.is_open, Message.is_in_doubt))
        .group_by(Message.channel_id)
    )
    return {channel_id: Queue(waiting, in_doubt) for channel_id, waiting, in_doubt in rows if channel_id}
