"""How many people wait in each view. Small: partial indexes hold only what is unread or unanswered."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.inbox.filters import VIEWS
from loumass.messages.models import Conversation

_COUNTED = "inbox counts"
_PERSON = func.coalesce(Conversation.stands_with_id, Conversation.contact_id, Conversation.id)


@dataclass(frozen=True, slots=True)
class Counts:
    """People, not conversations."""

    needs_reply: int
    unread: int
    mine: int


def counts(user_id: UUID) -> Counts:
    """How many people need a reply, are unread, and are the user's own. One statement."""
    now = clock.now()
    views = [VIEWS[name](Conversation, user_id, now) for name in ("needs-reply", "unread", "mine")]
    columns = [func.count(_PERSON.distinct()).filter(view) for view in views]
    ours = Conversation.organization_id == current_organization_id()
    found = Counts(*db().execute(select(*columns).where(ours, or_(*views))).one())
    db().info[_COUNTED] = found
    return found


def needing_reply() -> int:
    """How many people wait for an answer: what the rail shows. A page that has counted asks no second time."""
    counted: Counts | None = db().info.get(_COUNTED)
    if counted is not None:
        return counted.needs_reply
    ours = Conversation.organization_id == current_organization_id()
    waiting = VIEWS["needs-reply"](Conversation, UUID(int=0), clock.now())
    return db().scalar(select(func.count(_PERSON.distinct())).where(ours, waiting)) or 0
