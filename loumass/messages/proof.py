"""A message in doubt that turns up (in the Sent folder, as a receipt, as a bounce) was sent: that settles it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.channel_days import day_of
from loumass.messages.models import Message
from loumass.messages.recording import Told, tell, write_down
from loumass.messages.rendering_shown import shown
from loumass.providers.events import MessageArrived

_LOCK = text("""
    SELECT id, state, attempted_at, lease_until FROM message
    WHERE organization_id = :organization_id AND id = :id FOR UPDATE
""")


def settle_as_sent(
    channel: Channel, message_id: UUID, provider_message_id: str = "", copy: MessageArrived | None = None
) -> bool:
    """Record that a message in doubt was really sent, as its `copy` in Sent shows it; False when it was not in doubt."""
    values = {"organization_id": current_organization_id(), "id": message_id}
    row = db().execute(_LOCK, values).one_or_none()
    if row is None or not _is_in_doubt(row):
        return False
    rows = write_sent([_told(row, provider_message_id, copy)])
    tell(channel, rows, day_of(row.attempted_at))
    return bool(rows)


def write_sent(told: Sequence[Told]) -> Sequence[Row[Any]]:
    """Write messages in doubt down as sent; the changed rows. A conversation whose first sending was interrupted gets
    its subject here: nobody came to name it."""
    ids = [one.id for one in told]
    words = shown(db().scalars(select(Message).where(Message.id.in_(ids))).all())
    return write_down([one._replace(subject=words[one.id].subject) for one in told if one.id in words], None)


def _told(row: Row[Any], provider_message_id: str, copy: MessageArrived | None) -> Told:
    if copy is None:
        return Told(row.id, "sent", row.attempted_at, provider_message_id=provider_message_id or None)
    # Its server may have given it another Message-ID: answers name that one.
    return Told(
        row.id, "sent", row.attempted_at, provider_message_id=copy.provider_message_id or None,
        message_id=copy.message_id or None, thread_id=copy.thread_id,
    )  # fmt: skip


def _is_in_doubt(row: Row[Any]) -> bool:
    """A row that somebody still sends is left to them; one whose lease has run out was left behind."""
    if row.attempted_at is None:
        return False
    left_behind = row.state == "sending" and (row.lease_until is None or row.lease_until <= clock.now())
    return row.state == "in_doubt" or left_behind
