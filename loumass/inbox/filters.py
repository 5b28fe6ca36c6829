"""Which conversations a view of the inbox shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from loumass.core import clock
from loumass.inbox.desk.models import ConversationLabel
from loumass.inbox.searching import Found
from loumass.messages.models import Conversation, OptOutProposal
from loumass.messages.sorting.kinds import KINDS, UNSORTED

#: What `c` may be: the entity or an alias of it.
Entity = Any
DEFAULT_VIEW, SEARCH_VIEW = "needs-reply", "everything"
#: What of an address a saved view keeps.
KEPT = ("view", "channel", "campaign", "label", "team", "who", "reply")
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for. `view` is one of `VIEWS`; `found` is what a search came upon."""

    view: str
    user_id: UUID
    channel_id: UUID | None = None
    campaign_id: UUID | None = None
    found: Found | None = None
    label_id: UUID | None = None
    team_id: UUID | None = None
    #: Whose to answer: a user's id, or `NOBODY`.
    who: UUID | str | None = None
    #: What their last answer was taken for: one of `KINDS`, or `UNSORTED`.
    reply: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], user_id: UUID, found: Found | None = None) -> Filters:
        """The filters of an address; odd values are left out."""
        view = query.get("view", "")
        if view not in VIEWS:
            view = SEARCH_VIEW if found else DEFAULT_VIEW
        return cls(
            view=view,
            user_id=user_id,
            channel_id=_id(query.get("channel")),
            campaign_id=_id(query.get("campaign")),
            found=found,
            label_id=_id(query.get("label")),
            team_id=_id(query.get("team")),
            reply=query.get("reply", "") if query.get("reply") in (*KINDS, UNSORTED) else "",
            who=NOBODY if query.get("who") == NOBODY else _id(query.get("who")),
        )

    def conditions(self, c: Entity = Conversation) -> ColumnElement[bool]:
        """What a conversation `c` must fulfil."""
        parts = [c.last_message_at.is_not(None), VIEWS[self.view](c, self.user_id, clock.now())]
        if self.channel_id is not None:
            parts.append(c.channel_id == self.channel_id)
        if self.campaign_id is not None:
            parts.append(c.stream_id == self.campaign_id)
        if self.team_id is not None:
            parts.append(c.team_id == self.team_id)
        if self.who is not None:
            parts.append(c.assignee_id.is_(None) if self.who == NOBODY else c.assignee_id == self.who)
        if self.reply == UNSORTED:
            parts += [c.reply_kind.is_(None), c.last_inbound_at.is_not(None)]
        elif self.reply:
            parts.append(c.reply_kind == self.reply)
        if self.label_id is not None:
            parts.append(c.id.in_(_labelled(c, self.label_id)))
        if self.found is not None:
            parts.append(self.found.conditions(c))
        return and_(*parts)


def _labelled(c: Entity, label_id: UUID) -> Any:
    return select(ConversationLabel.conversation_id).where(
        ConversationLabel.organization_id == c.organization_id, ConversationLabel.label_id == label_id
    )


def _id(value: str | None) -> UUID | None:
    try:
        return UUID(value or "")
    except ValueError:
        return None


def open_now(c: Entity, now: datetime) -> ColumnElement[bool]:
    """Neither closed nor put off until later."""
    return and_(c.closed_at.is_(None), or_(c.snoozed_until.is_(None), c.snoozed_until <= now))


#: The word in the address -> its condition over (conversation, user, now).
VIEWS: Mapping[str, Callable[[Entity, UUID, datetime], ColumnElement[bool]]] = {
    "needs-reply": lambda c, _, now: and_(c.needs_reply_since.is_not(None), open_now(c, now)),
    "unread": lambda c, _, now: and_(c.unread_since.is_not(None), open_now(c, now)),
    "mine": lambda c, user_id, now: and_(c.assignee_id == user_id, open_now(c, now)),
    "open": lambda c, _, now: and_(c.last_inbound_at.is_not(None), open_now(c, now)),
    "unanswered": lambda c, _, now: and_(c.last_inbound_at.is_(None), open_now(c, now)),
    "opt-outs": lambda c, _, now: c.id.in_(
        select(OptOutProposal.conversation_id).where(
            OptOutProposal.organization_id == c.organization_id, OptOutProposal.decided_at.is_(None)
        )
    ),
    "snoozed": lambda c, _, now: and_(c.closed_at.is_(None), c.snoozed_until > now),
    "closed": lambda c, _, now: c.closed_at.is_not(None),
    "everything": lambda c, _, now: c.last_message_at.is_not(None),
}
