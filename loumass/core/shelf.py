"""What was computed and can be computed again, kept in Redis for a while, per organization.

Nothing that must not be lost belongs here. A shelf that does not answer is empty to whoever looks, and says so to whoever
puts something on it.
"""

from __future__ import annotations

import json
import zlib
from datetime import timedelta
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from loumass.core.errors import Unavailable
from loumass.core.tenancy import current_organization_id

NO_SHELF = (
    "The store that keeps results for a while does not answer. Nothing was changed. Try again in a minute."
)
log = structlog.get_logger("shelf")
_redis: Redis | None = None


def use(redis: Redis) -> None:
    """Take `redis` for this process."""
    global _redis  # noqa: PLW0603  one process, one connection pool
    _redis = redis


def put(name: str, value: Any, lasts: timedelta) -> None:
    """Keep `value` (JSON) under `name`, until it is put anew or `lasts` is over. Raises Unavailable."""
    packed = zlib.compress(json.dumps(value, separators=(",", ":")).encode())
    try:
        if _redis is None:
            raise Unavailable(NO_SHELF)
        _redis.set(_key(name), packed, px=int(lasts.total_seconds() * 1000))
    except RedisError as problem:
        log.warning("shelf.silent", problem=str(problem))
        raise Unavailable(NO_SHELF) from problem


def get(name: str) -> Any | None:
    """What is kept under `name`; None when it is gone, or nobody knows."""
    try:
        packed: Any = _redis.get(_key(name)) if _redis is not None else None
    except RedisError as problem:
        log.warning("shelf.silent", problem=str(problem))
        return None
    return None if packed is None else json.loads(zlib.decompress(packed))


def _key(name: str) -> str:
    return f"shelf:{current_organization_id()}:{name}"
