"""Who may hear of what: topics and kinds of facts with the permission they ask for, and what is somebody's own (docs/live.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.errors import Forbidden, NotFound, Refused
from loumass.core.live import Listener
from loumass.core.live.entries import Entry
from loumass.core.tenancy import current_organization_id, session_like_this, shows_only_own

#: The part of a topic before its colon -> who may listen.
TOPICS = {
    "inbox": "inbox.read",
    "conversation": "inbox.read",
    "answering": "inbox.read",
    "campaign": "campaigns.read",
    "campaigns": "campaigns.read",
    "channels": "channels.read",
    "alerts": "dashboard.read",
    "dashboard": "dashboard.read",
    "tasks": "tasks.read",
    "import": "contacts.import",
    "verification": "contacts.import",
}
#: Kind of fact -> who may hear of it.
KINDS = {
    "campaign.started": "campaigns.read",
    "campaign.paused": "campaigns.read",
    "campaign.resumed": "campaigns.read",
    "campaign.cancelled": "campaigns.read",
    "campaign.completed": "campaigns.read",
    "message.sent": "campaigns.read",
    "message.opened": "campaigns.read",
    "message.clicked": "campaigns.read",
    "message.bounced": "campaigns.read",
    "message.received": "inbox.read",
    "message.replied": "inbox.read",
    "quota.warning": "channels.read",
    "deliverability.alert": "channels.read",
    "import.progress": "contacts.import",
    "import.finished": "contacts.import",
    "notification": "inbox.read",
}
#: What people say is whose the conversation is; a campaign of one's own does not open it.
_TALK = frozenset({"message.received", "message.replied"})
_OF_SOMEBODY = ("campaign_id", "contact_id", "conversation_id", "import_id")
_MOST_TOPICS = 50
_TOPIC = re.compile(r"([a-z]+)(?::([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))?")
#: Tables of topics that name one row.
_TABLES = {
    "campaign": "campaign",
    "conversation": "conversation",
    "import": "contact_import",
    "verification": "email_verification",
}
_SEEN = text(
    " UNION ALL ".join(
        f"SELECT id FROM {table} WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[]))"
        for table in ("campaign", "contact", "conversation", "contact_import", "email_verification")
    )
)
Opens = Callable[[], AbstractContextManager[Session]]


def listener_to(
    topics: Collection[str], kinds: Collection[str], user_id: UUID, permitted: Callable[[str], bool]
) -> Listener:
    """Whoever is signed in, as a listener. Raises Refused for what does not exist, Forbidden for what the role or the token
    does not show, NotFound for a row that is not theirs to see."""
    if not topics and not kinds:
        raise Refused("Name a topic or a kind of event.")
    if len(topics) > _MOST_TOPICS:
        raise Refused(f"Name at most {_MOST_TOPICS} topics.")
    rows = [row for topic in topics if (row := _checked(topic, permitted))]
    for kind in kinds:
        if kind not in KINDS:
            raise Refused(f"There is no event called {kind[:40]}.")
        if not permitted(KINDS[kind]):
            raise Forbidden("Your role does not show you this.")
    sieve = None
    if shows_only_own():
        if set(rows) - _seen(db(), rows):
            raise NotFound
        sieve = _only_own(session_like_this())
    return Listener(str(user_id), frozenset(topics), frozenset(kinds), sieve)


def kinds_for(permitted: Callable[[str], bool]) -> list[str]:
    """Every kind that somebody may hear of."""
    return [kind for kind, permission in KINDS.items() if permitted(permission)]


def _checked(topic: str, permitted: Callable[[str], bool]) -> UUID | None:
    """The row that the topic names, if it names one."""
    read = _TOPIC.fullmatch(topic)
    if read is None or read[1] not in TOPICS or bool(read[2]) is not (read[1] in _TABLES):
        raise Refused("There is no such topic.")
    if not permitted(TOPICS[read[1]]):
        raise Forbidden("Your role does not show you this.")
    return UUID(read[2]) if read[2] else None


def _only_own(opens: Opens) -> Callable[[Sequence[Entry]], Sequence[Entry]]:
    """Leaves out facts about what is not theirs, asked for all of a moment's facts at once; topics name nobody."""

    def sieve(entries: Sequence[Entry]) -> Sequence[Entry]:
        asked = {UUID(entry.body[name]) for entry in entries for name in _OF_SOMEBODY if name in entry.body}
        if not asked:
            return entries
        with opens() as session:
            seen = {str(one) for one in _seen(session, asked)}
        return [own for entry in entries if (own := _own_part(entry, seen)) is not None]

    return sieve


def _own_part(entry: Entry, seen: Collection[str]) -> Entry | None:
    named = [name for name in _OF_SOMEBODY if name in entry.body]
    if entry.topic or entry.to or not named:
        return entry
    hidden = [name for name in named if entry.body[name] not in seen]
    decides = ["conversation_id"] if entry.kind in _TALK else named
    if all(name in hidden for name in decides):
        return None
    return entry.narrowed(hidden) if hidden else entry


def _seen(session: Session, ids: Iterable[UUID]) -> set[UUID]:
    bound = {"organization_id": current_organization_id(), "ids": uuid_array(ids)}
    return set(session.scalars(_SEEN, bound))
