"""The loudspeaker: committed news per organization over Redis, heard by pages through Server-Sent Events."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog
from redis import Redis
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer
from sqlalchemy import event
from sqlalchemy.orm import Session

from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

STREAM_SECONDS = 25.0
HEARTBEAT_SECONDS = 10.0
QUEUE_LENGTH = 100
OVERLAP_SECONDS = 10.0
RECENT_LENGTH = 5_000
#: A page is told of a topic at once, then at most this often: pages wait for a moment of silence before they ask
#: again, and while a campaign sends there is none.
PACE_SECONDS = 2.0
#: So many pings in a row without an answer (one in 30 s of silence): the server hangs.
_UNANSWERED = 2
log = structlog.get_logger("live")
_redis: Redis | None = None


def use(redis: Redis) -> None:
    """Take `redis` for this process."""
    global _redis  # noqa: PLW0603  one process, one connection pool
    _redis = redis


def announce(topic: str) -> None:
    """Tell listening pages of the organization, after the commit, that `topic` (`inbox`, `campaign:<id>`) changed."""
    db().info.setdefault("news", set()).add((current_organization_id(), topic))


@event.listens_for(Session, "after_commit")
def _speak(session: Session) -> None:
    for organization_id, topic in session.info.pop("news", ()):
        if _redis is None:
            return
        try:
            _redis.publish(f"live:{organization_id}", topic)
        except RedisError as problem:
            # A page works without live news; the next load shows the truth.
            log.warning("live.silent", problem=str(problem))
            return


class Hub:
    """One Redis subscriber per process that fans out to bounded queues."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        #: Channel -> who listens, each with the topics asked for.
        self.listeners: dict[str, dict[queue.Queue[str], set[str]]] = defaultdict(dict)
        self.recent: deque[tuple[float, str, str]] = deque(maxlen=RECENT_LENGTH)
        self.started = False
        self.lock = threading.Lock()
        self.is_closed = threading.Event()

    def listen(self, organization_id: UUID, topics: set[str]) -> Iterator[str]:
        """Server-Sent Event frames for `topics`, cut after about 25 s (the browser comes back).

        It begins with what was told in the last ten seconds: a page that is drawn while something happens, or that
        comes back, has missed it.
        """
        self._start()
        mailbox: queue.Queue[str] = queue.Queue(QUEUE_LENGTH)
        channel = f"live:{organization_id}"
        self.listeners[channel][mailbox] = topics
        for topic in self._told_lately(channel) & topics:
            mailbox.put_nowait(topic)
        try:
            yield "retry: 1000\n\n"
            yield from _paced(mailbox, topics, time.monotonic() + STREAM_SECONDS)
        finally:
            self.listeners[channel].pop(mailbox, None)

    def _told_lately(self, channel: str) -> set[str]:
        since = time.monotonic() - OVERLAP_SECONDS
        return {topic for at, where, topic in list(self.recent) if where == channel and at >= since}

    def _start(self) -> None:
        with self.lock:
            if not self.started:
                self.started = True
                threading.Thread(target=self._subscribe, name="live", daemon=True).start()

    def close(self) -> None:
        """Do not come back once Redis has gone."""
        self.is_closed.set()

    def _subscribe(self) -> None:
        is_lost = False
        while not self.is_closed.is_set():
            try:
                subscriber = self.redis.pubsub()
                subscriber.psubscribe("live:*")
                is_lost = False
                for item in _heard(subscriber):
                    if item["type"] == "psubscribe":
                        self._refresh()
                    elif item["type"] == "pmessage":
                        self._deliver(item["channel"].decode(), item["data"].decode())
            except RedisError as problem:
                # Once for each time that it goes, not once for each try.
                if not is_lost and not self.is_closed.is_set():
                    log.warning("live.lost", problem=str(problem))
                is_lost = True
                self.is_closed.wait(1)

    def _refresh(self) -> None:
        """Tell every page all its topics: what was said before this process could hear is unknown."""
        for listeners in list(self.listeners.values()):
            for mailbox, topics in list(listeners.items()):
                for topic in topics:
                    _put(mailbox, topic)

    def _deliver(self, channel: str, topic: str) -> None:
        self.recent.append((time.monotonic(), channel, topic))
        for mailbox, topics in list(self.listeners.get(channel, {}).items()):
            if topic in topics:
                _put(mailbox, topic)


def _heard(subscriber: PubSub) -> Iterator[dict[str, Any]]:
    """What the subscriber hears. Raises RedisError, also when its server does not answer any more."""
    while subscriber.health_check_response_counter < _UNANSWERED:
        item = subscriber.get_message(timeout=HEARTBEAT_SECONDS)
        if item is not None:
            yield item
    raise NoAnswer("Redis takes questions and does not answer.")


def _put(mailbox: queue.Queue[str], topic: str) -> None:
    """A full box holds every topic of its page already, or soon tells so many that one more changes nothing."""
    with suppress(queue.Full):
        mailbox.put_nowait(topic)


def _paced(mailbox: queue.Queue[str], topics: set[str], ends_at: float) -> Iterator[str]:
    """Frames of what `mailbox` brings until `ends_at`; the last news of a topic is never left out."""
    told: dict[str, float] = {}
    waiting: dict[str, float] = {}
    while (now := time.monotonic()) < ends_at:
        for topic in [one for one, at in waiting.items() if at <= now]:
            del waiting[topic]
            told[topic] = now
            yield f"event: {topic}\ndata: {json.dumps(topic)}\n\n"
        wakes_at = min([ends_at, now + HEARTBEAT_SECONDS, *waiting.values()])
        try:
            topic = mailbox.get(timeout=max(wakes_at - time.monotonic(), 0.001))
        except queue.Empty:
            yield ": still here\n\n"
            continue
        if topic in topics:
            waiting.setdefault(topic, told.get(topic, now - PACE_SECONDS) + PACE_SECONDS)
