"""What takes long to count is kept for a minute: counting a million people again at each look helps nobody.

Measured, not supposed: what was counted quickly is counted at each look (docs/performance.md). Redis never has the only copy.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from redis import Redis, RedisError

from loumass.analytics import attribution
from loumass.analytics.attribution import Share
from loumass.analytics.figures import Figures, figures
from loumass.analytics.period import Period
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, shows_only_own

Counted = TypeVar("Counted")
#: What counts faster than this is counted at each look.
SLOW_SECONDS = 0.25
KEPT_SECONDS = 60


def kept_figures(period: Period, redis: Redis) -> Figures:
    """The seven numbers, at most a minute old. Without Redis they are counted."""
    key = f"figures:{current_organization_id()}:{_whose()}:{period.days}:{period.today}"
    return _kept(redis, key, lambda: figures(period), asdict, _figures)


def kept_shares(
    period: Period, window: int, redis: Redis, campaign_id: UUID | None = None
) -> Sequence[Share]:
    """`attribution.shares`, at most a minute old; never older than the last value that came or went."""
    earned = ",".join(f"{currency}{amount}/{many}" for currency, amount, many in attribution.totals(period))
    days = f"{period.first}:{period.last}:{period.zone.key}"
    key = f"values:{current_organization_id()}:{_whose()}:{days}:{window}:{campaign_id or ''}:{earned}"
    return _kept(
        redis, key, lambda: attribution.shares(period, window, campaign_id), lambda rows: [asdict(row) for row in rows], _shares,
    )  # fmt: skip


def _whose() -> str:
    """Whoever sees only their own has their own numbers."""
    return str(db().info["user_id"]) if shows_only_own() else "everybody"


def _kept(
    redis: Redis,
    key: str,
    count: Callable[[], Counted],
    write: Callable[[Counted], Any],
    read: Callable[[Any], Counted],
) -> Counted:
    try:
        kept = redis.get(key)
    except RedisError:
        kept = None
    if isinstance(kept, (str, bytes)):
        return read(json.loads(kept))
    begun = time.perf_counter()
    counted = count()
    if time.perf_counter() - begun > SLOW_SECONDS:
        _keep(redis, key, json.dumps(write(counted), default=_plain))
    return counted


def _keep(redis: Redis, key: str, written: str) -> None:
    try:
        redis.set(key, written, ex=KEPT_SECONDS)
    except RedisError:
        return  # it is only a cache: the next look counts again


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _figures(values: Any) -> Figures:
    since = values["needs_bdr_since"]
    return Figures(**values | {"needs_bdr_since": since and datetime.fromisoformat(since)})


def _shares(rows: list[dict[str, Any]]) -> Sequence[Share]:
    return [_share(row) for row in rows]


def _share(values: dict[str, Any]) -> Share:
    campaign_id = values.pop("campaign_id")
    return Share(campaign_id=UUID(campaign_id) if campaign_id else None, **values)
