"""Redis, which may go away at any moment: whoever asks it is answered or refused within seconds, and so are the next.

A store that refuses connections costs nothing. One that takes them and never answers would cost each caller
ANSWER_SECONDS at every question, so that after the first silence nobody asks for REST_SECONDS.
"""

from __future__ import annotations

import time
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

ANSWER_SECONDS = 2.0
REST_SECONDS = 5.0
#: Longer than a worker waits for its next ring in one question (RQ: its time to live less 15 seconds).
WAITING_SECONDS = 30.0


def connect(url: str) -> Redis:
    """A client of the store at `url`. Connects at the first question."""
    return _Hasty(connection_pool=_Pool.from_url(url, **_patience(ANSWER_SECONDS)))


def waiting_like(redis: Redis) -> Redis:
    """A client of the same store, with connections of its own, that may be asked to wait for something."""
    ours: ConnectionPool = redis.connection_pool
    told = {**ours.connection_kwargs, **_patience(WAITING_SECONDS)}
    return Redis(connection_pool=ConnectionPool(connection_class=ours.connection_class, **told))


def _patience(seconds: float) -> dict[str, Any]:
    return {
        "socket_connect_timeout": ANSWER_SECONDS,
        "socket_timeout": seconds,
        "health_check_interval": 30,
        # Once more where the server closed a kept connection; silence is not asked for twice.
        "retry": Retry(NoBackoff(), 1, supported_errors=(NoConnection,)),
    }


class _Pool(ConnectionPool):
    """Hands out no connection while the store is known to be silent."""

    rests_until = 0.0

    def get_connection(self, *arguments: Any, **named: Any) -> Any:
        """A connection. Raises redis' ConnectionError at once while nobody should ask."""
        if time.monotonic() < self.rests_until:
            raise NoConnection("Redis did not answer a moment ago.")
        return super().get_connection(*arguments, **named)


class _Hasty(Redis):
    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """What the store answers. Raises RedisError; after a silence for all who ask within REST_SECONDS."""
        try:
            return super().execute_command(*arguments, **options)
        except NoAnswer:
            if isinstance(self.connection_pool, _Pool):
                self.connection_pool.rests_until = time.monotonic() + REST_SECONDS
            raise
