"""What a transaction has to tell: gathered while it works, promised before its commit, written down after it.

Between commit and log a process may die, and Redis may be away. Neither is silent: a promise that nothing follows, and a
process that could not write, begin a new epoch, after which open pages look anew (`log.py`).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session

from loumass.core.database import db
from loumass.core.live import entries
from loumass.core.live.log import Log
from loumass.core.tenancy import current_organization_id

#: Facts that streams tell of. Others stay in the database.
TOLD = frozenset({
    "campaign.started", "campaign.paused", "campaign.resumed", "campaign.cancelled", "campaign.completed",
    "message.sent", "message.opened", "message.clicked", "message.received", "message.replied", "message.bounced",
    "quota.warning", "deliverability.alert", "import.progress", "import.finished", "notification",
})  # fmt: skip
log = structlog.get_logger("live")
_log: Log | None = None
#: Organizations of which this process could not write some news down.
_owed: set[UUID] = set()


def use(redis: Redis) -> None:
    """Take `redis` for this process."""
    global _log  # noqa: PLW0603  one process, one connection pool
    _log = Log(redis)


@dataclass
class _News:
    """What one transaction tells, about one organization."""

    organization_id: UUID
    topics: dict[str, None] = field(default_factory=dict)
    facts: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    token: str = ""

    def written(self) -> list[str]:
        """Facts first: whoever looks again for a topic has heard why."""
        told = [one for kind, rows in self.facts.items() for one in entries.facts(kind, rows)]
        return told + [entries.topic(name) for name in self.topics]


def announce(topic: str) -> None:
    """Have open pages of the organization look again, after the commit, at what `topic` (`inbox`, `campaign:<id>`) names."""
    _news().topics[topic] = None


def tell(kind: str, **row: Any) -> None:
    """Tell streams, after the commit, of one fact: ids, `happened_at`, `facts` (ids and figures only), and `to`, the users
    who alone hear of it. What happened and is kept is written by `events.publish`, which tells of it as well."""
    tell_all(kind, [row])


def tell_all(kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Tell of many facts of one kind."""
    if rows and kind in TOLD:
        _news().facts.setdefault(kind, []).extend(rows)


def end_streams(user_ids: Sequence[UUID] = (), organization_ids: Sequence[UUID] = ()) -> None:
    """Have the streams of these users, else of everybody, end after the commit: what they may hear is proved anew when they come
    back. In the current organization, or in others."""
    for organization_id in organization_ids or [current_organization_id()]:
        _news(organization_id).facts.setdefault(entries.ENDS, []).append({"to": user_ids})


class Later:
    """Figures of a running job: told about once a second, though committed far more often and by no session of ours."""

    def __init__(self, kind: str, organization_id: UUID) -> None:
        self._kind, self._news, self._told_at = kind, _News(organization_id), float("-inf")

    def promise(self) -> None:
        """Before the commit of what `note` takes afterwards."""
        if not self._news.token:
            _promise(self._news)

    def note(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take what is committed."""
        self._news.facts.setdefault(self._kind, []).extend(rows)

    def tell(self, *topics: str, every: float = 0.0) -> None:
        """Tell all that was noted, and have pages look at `topics`, unless that was done within `every` seconds."""
        if self._news.token and time.monotonic() - self._told_at >= every:
            told, self._news = self._news, _News(self._news.organization_id)
            self._told_at = time.monotonic()
            told.topics.update(dict.fromkeys(topics))
            _write_down(told)


def _news(organization_id: UUID | None = None) -> _News:
    """What the transaction has to tell in the current organization, or in another one of the same person."""
    told: dict[UUID, _News] = db().info.setdefault("news", {})
    whose = organization_id or current_organization_id()
    return told.setdefault(whose, _News(whose))


@event.listens_for(Session, "before_commit")
def _before(session: Session) -> None:
    if not session.in_nested_transaction():
        for news in _of(session.info.get("news")):
            _promise(news)


@event.listens_for(Session, "after_commit")
def _after(session: Session) -> None:
    if not session.in_nested_transaction():
        for news in _of(session.info.pop("news", None)):
            _write_down(news)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("news", None)


def _of(told: dict[UUID, _News] | None) -> Iterable[_News]:
    return told.values() if told else ()


def _promise(news: _News) -> None:
    news.token = secrets.token_hex(8)
    if _log is None:
        return
    try:
        _log.promise(news.organization_id, news.token)
    except RedisError as problem:
        # Said once more, and louder, where the news itself is not written down.
        log.debug("live.unpromised", problem=str(problem))


def _write_down(news: _News) -> None:
    if _log is None:
        return
    owes = news.organization_id in _owed
    try:
        _log.append(news.organization_id, news.token, news.written(), is_incomplete=owes)
        _owed.discard(news.organization_id)
    except RedisError as problem:
        # A page works without: it looks anew as soon as the log goes on.
        _owed.add(news.organization_id)
        log.warning("live.silent", problem=str(problem))
