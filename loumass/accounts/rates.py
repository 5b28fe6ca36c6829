"""How many requests a program or a person may send in a minute: counted in Redis, told in every answer.

While Redis is away each process counts by itself: still a limit, and nobody is locked out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import Flask, Response, current_app, g
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from redis import Redis
from redis.exceptions import RedisError

from loumass.core.api import is_asked
from loumass.core.errors import TooMany

WINDOW = 60
_here = FixedWindowRateLimiter(MemoryStorage())


@dataclass(frozen=True, slots=True)
class Rate:
    """Where somebody stands in the minute: `resets` seconds until all are back."""

    limit: int
    remaining: int
    resets: int


def install(app: Flask) -> None:
    """Tell of the rate in every answer of the API that was counted."""
    app.after_request(_tell)


def count(who: str, *, changes: bool) -> None:
    """Count one request of `who`; those that change something by themselves. Raises TooMany."""
    settings = current_app.extensions["loumass.settings"]
    most = settings.api_writes_per_minute if changes else settings.api_reads_per_minute
    key = f"{'w' if changes else 'r'}:{who}"
    used, resets = _counted(current_app.extensions["loumass.redis"], key, most)
    g.rate = Rate(most, max(most - used, 0), resets)
    if used > most:
        raise TooMany(
            f"That is more than {most} requests{' that change something' if changes else ''} in a minute. "
            f"Nothing was changed. Send it again in {resets} s.",
            resets,
        )


def _counted(redis: Redis, key: str, most: int) -> tuple[int, int]:
    """How many there were in this window, with this one, and how long it lasts."""
    name = f"rate:{key}"
    try:
        with redis.pipeline(transaction=True) as asked:
            asked.set(name, 0, ex=WINDOW, nx=True)
            asked.incr(name)
            asked.ttl(name)
            _, used, left = asked.execute()
    except RedisError:
        item = RateLimitItemPerMinute(most + 1)
        _here.hit(item, key)
        stats = _here.get_window_stats(item, key)
        return most + 1 - stats.remaining, max(int(stats.reset_time - time.time()), 1)
    return int(used), max(int(left), 1)


def _tell(response: Response) -> Response:
    rate: Rate | None = g.get("rate")
    if rate is not None and is_asked():
        response.headers["RateLimit-Limit"] = str(rate.limit)
        response.headers["RateLimit-Remaining"] = str(rate.remaining)
        response.headers["RateLimit-Reset"] = str(rate.resets)
        response.headers["RateLimit-Policy"] = f"{rate.limit};w={WINDOW}"
    return response
