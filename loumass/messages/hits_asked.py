"""Which of our messages a person opened or clicked, for rules: filters and proxies do not count."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select

from loumass.contacts.rules.predicate import Asked
from loumass.messages.hit_models import HitCount
from loumass.messages.models import Message

#: The least link that counts: 0 is the picture, so that who clicked has opened.
OPENED, CLICKED = 0, 1


def messages_read(asked: Asked, least: int, *wanted: ColumnElement[bool]) -> Select[UUID]:
    """The ids of messages that left and of which a person followed the link `least` or a later one."""
    is_hit = and_(HitCount.organization_id == asked.organization_id, HitCount.message_id == Message.id)
    return (
        select(Message.id)
        .join(HitCount, is_hit)
        .where(
            Message.organization_id == asked.organization_id,
            Message.direction == "out",
            HitCount.first_human_at.is_not(None),
            HitCount.link >= least,
            *wanted,
        )
    )
