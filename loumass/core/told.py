"""What organizations and workers tell about themselves for /metrics, kept in Redis until it is stale.

A scrape may not look into every organization, so each says its number when its own sweep comes by, and a scrape adds
up what is fresh. Whose number it was is never told on.
"""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session

from loumass.core import clock
from loumass.core.database import db
from loumass.core.memory import Memory, memory_now
from loumass.core.tenancy import current_organization_id

#: Organizations speak every minute; a few missed minutes are no reason to count nobody.
FRESH = timedelta(minutes=10)
#: Workers speak every few seconds.
ALIVE = timedelta(minutes=1)
HOUR_MINUTES = 60
log = structlog.get_logger("told")
_redis: Redis | None = None


@dataclass(frozen=True, slots=True)
class Sends:
    """Messages that providers took, that they refused for good, and that came back later."""

    sent: int
    rejected: int
    bounced: int

    @property
    def delivery_rate(self) -> float | None:
        """From 0 to 1; None when nothing was tried."""
        tried = self.sent + self.rejected
        return max(self.sent - self.bounced, 0) / tried if tried else None


def use(redis: Redis) -> None:
    """Take `redis` for this process."""
    global _redis  # noqa: PLW0603  one process, one connection pool
    _redis = redis


def tell(name: str, number: int) -> None:
    """The current organization's `number` of `name`, said once the current transaction has committed."""
    db().info.setdefault("told", {})[name, current_organization_id()] = number


@event.listens_for(Session, "after_commit")
def _say(session: Session) -> None:
    for (name, organization_id), number in session.info.pop("told", {}).items():
        if _redis is None:
            return
        try:
            if number:
                _redis.hset(f"told:{name}", str(organization_id), json.dumps([number, _seconds()]))
            else:
                _redis.hdel(f"told:{name}", str(organization_id))
        except RedisError as problem:
            # The next sweep says it again.
            log.warning("told.silent", problem=str(problem))
            return


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, previous: Any) -> None:
    if not previous.nested:
        session.info.pop("told", None)


def total(redis: Redis, name: str) -> int:
    """The sum of what organizations told lately. Raises RedisError."""
    return sum(number for number, _ in _fresh(redis, f"told:{name}", FRESH).values())


def tell_memory(pipeline: Pipeline, process: str) -> None:
    """How full the machine of this worker is."""
    if memory := memory_now():
        who = f"{socket.gethostname()}:{os.getpid()}"
        pipeline.hset("told:memory", who, json.dumps([process, memory.used, memory.limit, _seconds()]))


def fullest(redis: Redis) -> dict[str, Memory]:
    """Kind of process -> the memory of the machine that has least left. Raises RedisError."""
    found: dict[str, Memory] = {}
    for process, used, limit, _ in _fresh(redis, "told:memory", ALIVE).values():
        memory = Memory(used, limit)
        if process not in found or memory.share > found[process].share:
            found[process] = memory
    return found


def tell_sends(pipeline: Pipeline, sends: Mapping[str, float]) -> None:
    """Add `sends` (outcome -> how many) to this minute of the installation."""
    key = _minute_key(_minute())
    for outcome, more in sends.items():
        pipeline.hincrbyfloat(key, outcome, more)
    if sends:
        pipeline.expire(key, 2 * HOUR_MINUTES * 60)


def sends_of_last_hour(redis: Redis) -> Sends:
    """What became of the last sixty minutes' messages, on all machines. Raises RedisError."""
    now = _minute()
    pipeline = redis.pipeline(transaction=False)
    for minute in range(now - HOUR_MINUTES + 1, now + 1):
        pipeline.hgetall(_minute_key(minute))
    found: Counter[str] = Counter()
    for one in pipeline.execute():
        found.update({outcome.decode(): round(float(count)) for outcome, count in one.items()})
    return Sends(found["sent"], found["rejected"], found["bounced"])


def _fresh(redis: Redis, key: str, within: timedelta) -> dict[bytes, list[Any]]:
    """Who said what within this time; what is older goes away, so that the key does not grow. Raises RedisError."""
    said: Any = redis.hgetall(key)
    read = {who: json.loads(what) for who, what in said.items()}
    since = _seconds() - within.total_seconds()
    if stale := [who for who, what in read.items() if what[-1] < since]:
        redis.hdel(key, *stale)
    return {who: what for who, what in read.items() if what[-1] >= since}


def _minute_key(minute: int) -> str:
    return f"told:sends:{minute}"


def _minute() -> int:
    return int(_seconds() // 60)


def _seconds() -> float:
    return clock.now().timestamp()
