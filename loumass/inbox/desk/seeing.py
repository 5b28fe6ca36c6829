"""Which of ours have seen a conversation since somebody last wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from loumass.accounts.models import User
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.inbox.desk.models import ConversationSeen
from loumass.inbox.person import Person

#: A look is written down once a minute.
_ONCE_EACH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody of ours, and when they last looked."""

    user: User
    at: datetime


def note(conversation_id: UUID, user_id: UUID) -> bool:
    """The user looks at it now; returns whether that was written down."""
    now, key = clock.now(), (current_organization_id(), conversation_id, user_id)
    before = db().get(ConversationSeen, key)
    if before is not None and before.seen_at >= now - _ONCE_EACH:
        return False
    looked = insert(ConversationSeen).values(
        organization_id=current_organization_id(),
        conversation_id=conversation_id,
        user_id=user_id,
        seen_at=now,
    )
    kept = looked.on_conflict_do_update(
        index_elements=["organization_id", "conversation_id", "user_id"],
        set_={"seen_at": now},
        where=(ConversationSeen.organization_id == current_organization_id())
        & (ConversationSeen.seen_at < now - _ONCE_EACH),
    )
    return db().scalar(kept.returning(ConversationSeen.user_id)) is not None


def seen_by(person: Person, but: UUID) -> Sequence[Seen]:
    """Everybody but one who has looked since the last message, the latest first."""
    last = max((one.last_message_at for one in person.conversations if one.last_message_at), default=None)
    at = func.max(ConversationSeen.seen_at)
    rows = db().execute(
        select(User, at.label("at"))
        .join(User, User.id == ConversationSeen.user_id)
        .where(ConversationSeen.conversation_id.in_(person.conversation_ids), ConversationSeen.user_id != but)
        .group_by(User.id)
        .order_by(at.desc())
    )
    return [Seen(row[0], row.at) for row in rows if last is None or row.at >= last]
