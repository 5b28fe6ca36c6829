"""Numbers of large organizations are kept for a minute: counting a million people again at each look helps nobody."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime

from redis import Redis, RedisError

from loumass.analytics.figures import Figures, figures
from loumass.analytics.period import Period
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, shows_only_own

#: What counts faster than this is counted at each look.
SLOW_SECONDS = 0.25
KEPT_SECONDS = 60


def kept_figures(period: Period, redis: Redis) -> Figures:
    """The seven numbers, at most a minute old. Without Redis they are counted."""
    whose = db().info["user_id"] if shows_only_own() else "everybody"
    key = f"figures:{current_organization_id()}:{whose}:{period.days}:{period.today}"
    try:
        kept = redis.get(key)
    except RedisError:
        kept = None
    if isinstance(kept, (str, bytes)):
        return _read(kept)
    begun = time.perf_counter()
    counted = figures(period)
    if time.perf_counter() - begun > SLOW_SECONDS:
        _keep(redis, key, counted)
    return counted


def _keep(redis: Redis, key: str, counted: Figures) -> None:
    try:
        redis.set(key, json.dumps(asdict(counted), default=datetime.isoformat), ex=KEPT_SECONDS)
    except RedisError:
        return  # it is only a cache: the next look counts again


def _read(kept: str | bytes) -> Figures:
    values = json.loads(kept)
    since = values["needs_bdr_since"]
    return Figures(**values | {"needs_bdr_since": since and datetime.fromisoformat(since)})
