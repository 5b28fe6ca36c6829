"""The loudspeaker: committed news per organization over Redis, heard by pages through Server-Sent Events."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session

from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

STREAM_SECONDS = 25.0
HEARTBEAT_SECONDS = 10.0
QUEUE_LENGTH = 100
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
        self.listeners: dict[str, set[queue.Queue[str]]] = defaultdict(set)
        self.started = False
        self.lock = threading.Lock()

    def listen(self, organization_id: UUID, topics: set[str]) -> Iterator[str]:
        """Server-Sent Event frames for `topics`, cut after about 25 s (the browser comes back)."""
        self._start()
        mailbox: queue.Queue[str] = queue.Queue(QUEUE_LENGTH)
        channel = f"live:{organization_id}"
        self.listeners[channel].add(mailbox)
        try:
            yield "retry: 1000\n\n"
            ends_at = time.monotonic() + STREAM_SECONDS
            while (left := ends_at - time.monotonic()) > 0:
                yield self._frame(mailbox, topics, min(left, HEARTBEAT_SECONDS))
        finally:
            self.listeners[channel].discard(mailbox)

    @staticmethod
    def _frame(mailbox: queue.Queue[str], topics: set[str], timeout: float) -> str:
        try:
            topic = mailbox.get(timeout=timeout)
        except queue.Empty:
            return ": still here\n\n"
        if topic not in topics:
            return ":\n\n"
        return f"event: {topic}\ndata: {json.dumps(topic)}\n\n"

    def _start(self) -> None:
        with self.lock:
            if not self.started:
                self.started = True
                threading.Thread(target=self._subscribe, name="live", daemon=True).start()

    def _subscribe(self) -> None:
        while True:
            try:
                subscriber = self.redis.pubsub(ignore_subscribe_messages=True)
                subscriber.psubscribe("live:*")
                for item in subscriber.listen():
                    self._deliver(item["channel"].decode(), item["data"].decode())
            except RedisError as problem:
                log.warning("live.lost", problem=str(problem))
                time.sleep(1)

    def _deliver(self, channel: str, topic: str) -> None:
        for mailbox in list(self.listeners.get(channel, ())):
            try:
                mailbox.put_nowait(topic)
            except queue.Full:
                continue
