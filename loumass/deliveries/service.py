"""Raw inbound items: stored once, claimed, done or failed. Who understands them is none of our business."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.deliveries.models import Delivery
from loumass.providers.base import StoredItem

#: After so many tries a person must look.
MOST_ATTEMPTS = 8
#: How long a claimed delivery is hidden from others.
LEASE = timedelta(minutes=10)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=6)
_LONGEST_IDENTITY = 300

_STORE = text("""
    INSERT INTO delivery (organization_id, channel_id, identity, meta, body, due_at, received_at)
    SELECT :organization_id, :channel_id, item.identity, item.meta, item.body, item.due_at, item.received_at
    FROM unnest(CAST(:identities AS text[]), CAST(:metas AS jsonb[]), CAST(:bodies AS bytea[]),
                CAST(:dues AS timestamptz[]), CAST(:received AS timestamptz[]))
         AS item(identity, meta, body, due_at, received_at)
    ON CONFLICT (organization_id, channel_id, identity) DO NOTHING
    RETURNING id
""")
_CLAIM = text("""
    UPDATE delivery SET due_at = :hidden_until, attempts = attempts + 1
    WHERE organization_id = :organization_id AND id IN (
        SELECT id FROM delivery
        WHERE organization_id = :organization_id AND channel_id = :channel_id AND state = 'pending' AND due_at <= :now
        ORDER BY due_at, received_at, id LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING id, received_at
""")
_FAIL = text("""
    UPDATE delivery SET problem = :problem,
        state = CASE WHEN attempts >= :most THEN 'failed' ELSE 'pending' END,
        due_at = CASE WHEN attempts < :most THEN
            CAST(:now AS timestamptz) + least(:first * power(4, attempts - 1), CAST(:longest AS interval)) END
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND state = 'pending'
""")


def store(channel_id: UUID, items: Sequence[StoredItem]) -> int:
    """Keep `items` of one channel in one statement; how many were new. Known identities change nothing."""
    if not items:
        return 0
    now = clock.now()
    rows = db().execute(
        _STORE,
        {
            "organization_id": current_organization_id(),
            "channel_id": channel_id,
            "identities": [_identity(item.identity) for item in items],
            "metas": [_meta(item) for item in items],
            "bodies": [item.body for item in items],
            "dues": [item.due_at or now for item in items],
            "received": [item.received_at for item in items],
        },
    )
    return len(rows.all())


def item_of(delivery: Delivery) -> StoredItem:
    """What was stored."""
    return StoredItem(
        identity=delivery.identity,
        body=delivery.body,
        received_at=delivery.received_at,
        headers=delivery.meta.get("headers", {}),
        meta=delivery.meta.get("meta", {}),
    )


def claim(channel_id: UUID, most: int) -> list[UUID]:
    """Up to `most` due deliveries of the channel, oldest first, hidden from others for a while."""
    now = clock.now()
    claimed = db().execute(
        _CLAIM,
        {
            "organization_id": current_organization_id(),
            "channel_id": channel_id,
            "now": now,
            "hidden_until": now + LEASE,
            "most": most,
        },
    )
    return [row.id for row in sorted(claimed, key=lambda row: (row.received_at, row.id))]


def mark_done(delivery: Delivery) -> None:
    """It was understood."""
    delivery.state, delivery.problem, delivery.due_at = "done", None, None


def mark_failed(delivery_ids: Sequence[UUID], problem: str) -> None:
    """They were not understood: again after a growing pause, or, tried often enough, when a person says so."""
    db().execute(
        _FAIL,
        {
            "organization_id": current_organization_id(),
            "ids": list(delivery_ids),
            "problem": _fit(problem)[:2_000],
            "most": MOST_ATTEMPTS,
            "now": clock.now(),
            "first": _FIRST_PAUSE,
            "longest": _LONGEST_PAUSE,
        },
    )


def postpone(delivery: Delivery, pause: timedelta) -> None:
    """It came too early: again after `pause`, without counting this attempt."""
    delivery.attempts -= 1
    delivery.due_at = clock.now() + pause


def try_again(delivery_ids: Sequence[UUID] | None = None) -> list[UUID]:
    """Make failed deliveries (all of them when None) pending again; the ids of their channels."""
    statement = (
        update(Delivery)
        .where(Delivery.state == "failed")
        .values(state="pending", attempts=0, due_at=clock.now())
        .returning(Delivery.channel_id)
    )
    if delivery_ids is not None:
        statement = statement.where(Delivery.id.in_(delivery_ids))
    return list(set(db().scalars(statement)))


def known(delivery_ids: Sequence[UUID]) -> bool:
    """Whether all of them are deliveries of the current organization."""
    wanted = set(delivery_ids)
    found = db().scalar(select(func.count()).select_from(Delivery).where(Delivery.id.in_(wanted)))
    return found == len(wanted)


def count_failed() -> int:
    """How many wait for a person."""
    return db().scalar(select(func.count()).select_from(Delivery).where(Delivery.state == "failed")) or 0


def next_due(channel_id: UUID | None = None) -> dict[UUID, datetime]:
    """Channel -> when its next pending delivery is due; all channels when None."""
    statement = (
        select(Delivery.channel_id, func.min(Delivery.due_at))
        .where(Delivery.state == "pending", Delivery.due_at.is_not(None))
        .group_by(Delivery.channel_id)
    )
    if channel_id is not None:
        statement = statement.where(Delivery.channel_id == channel_id)
    return {of: due_at for of, due_at in db().execute(statement) if due_at is not None}


def _identity(identity: str) -> str:
    clean = _fit(identity)
    if len(clean) <= _LONGEST_IDENTITY:
        return clean
    return f"long:{hashlib.sha256(clean.encode()).hexdigest()}"


def _meta(item: StoredItem) -> str:
    return json.dumps(_fit_all({"headers": dict(item.headers), "meta": dict(item.meta)}))


def _fit_all(told: Any) -> Any:
    """`told`, a JSON value, as PostgreSQL takes it: cleaned before it is encoded, when a NUL is still one letter."""
    if isinstance(told, str):
        return _fit(told)
    if isinstance(told, dict):
        return {_fit(str(name)): _fit_all(value) for name, value in told.items()}
    return [_fit_all(value) for value in told] if isinstance(told, list | tuple) else told


def _fit(value: str) -> str:
    """Without NULs; what is half a character becomes a question mark."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
