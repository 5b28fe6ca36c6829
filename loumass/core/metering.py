"""What vendors allow in a minute, counted in Redis for all processes: asked before, so that nobody has to be refused.

Only rates are counted here. Caps and budgets of ours live in PostgreSQL.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from redis import Redis
from redis.exceptions import RedisError

from loumass.core import clock

#: Nobody's clock is exact: a minute's count is kept a little longer.
_KEPT_SECONDS = 120
_redis: Redis | None = None
log = structlog.get_logger("metering")


def use(redis: Redis) -> None:
    """Count in `redis` for this process."""
    global _redis  # noqa: PLW0603  one process, one store
    _redis = redis


def spend(name: str, units: int, most: int) -> timedelta | None:
    """Count `units` of the `most` that may be spent under `name` in this minute; None, or how long to wait.

    What would be too much is not counted. A store that is away holds nobody back: the vendor says no by itself.
    """
    if _redis is None:
        return None
    now = clock.now().timestamp()
    minute = int(now // 60)
    key = f"spent:{name}:{minute}"
    try:
        pipeline = _redis.pipeline(transaction=False)
        pipeline.incrby(key, units)
        pipeline.expire(key, _KEPT_SECONDS)
        spent = int(pipeline.execute()[0])
        if spent <= most or spent == units:
            return None
        _redis.decrby(key, units)
    except RedisError as problem:
        log.warning("metering.silent", problem=str(problem))
        return None
    return timedelta(seconds=(minute + 1) * 60 - now + 0.5)
