"""What became of messages whose vendor has not called: asked for, and stored like a call, so that either changes nothing
the second time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, func, select, text

from loumass.channels.connecting import open_provider
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.jobs import job
from loumass.core.tenancy import current_organization_id, get, transaction
from loumass.deliveries import service as deliveries
from loumass.deliveries.models import AwaitedReport
from loumass.providers.base import SentRecord
from loumass.providers.errors import ProviderError
from loumass.webhooks.jobs import receive

#: Asked for in one slice, one after the other.
BATCH = 20
#: A vendor that calls does so before; after the last, nothing new is to be heard.
FIRST_LOOK, LONGEST_PAUSE, GIVEN_UP = timedelta(minutes=10), timedelta(hours=6), timedelta(days=3)
log = structlog.get_logger("ask")

_AWAIT = text("""
    INSERT INTO awaited_report (organization_id, message_id, channel_id, look_at)
    SELECT :organization_id, m.id, m.channel_id, :look_at FROM message m
    WHERE m.organization_id = :organization_id AND m.id = ANY(CAST(:ids AS uuid[]))
      AND m.provider_message_id IS NOT NULL AND m.delivered_at IS NULL AND m.bounced_at IS NULL
    ON CONFLICT (organization_id, message_id) DO NOTHING
    RETURNING channel_id
""")
_FORGET = text("""
    DELETE FROM awaited_report a USING message m
    WHERE a.organization_id = :organization_id AND a.channel_id = :channel_id
      AND m.organization_id = :organization_id AND m.id = a.message_id
      AND (m.delivered_at IS NOT NULL OR m.bounced_at IS NOT NULL OR m.sent_at < :oldest)
""")
_DUE = text("""
    SELECT m.id, m.to_address, m.from_address, m.sent_at, m.provider_message_id
    FROM awaited_report a
    JOIN message m ON m.organization_id = :organization_id AND m.id = a.message_id
    WHERE a.organization_id = :organization_id AND a.channel_id = :channel_id AND a.look_at <= :now
    ORDER BY a.look_at, a.message_id LIMIT :most
""")
_LOOKED = text("""
    UPDATE awaited_report SET looks = looks + 1,
        look_at = CAST(:now AS timestamptz) + least(:first * power(2, looks), CAST(:longest AS interval))
    WHERE organization_id = :organization_id AND message_id = ANY(CAST(:ids AS uuid[]))
""")


@job("receive")
def ask(channel_id: str) -> bool:
    """Ask what became of some of the channel's messages; True when more are due now."""
    channel, due = _due(UUID(channel_id))
    if channel is not None and due:
        _ask(channel, due)
    with transaction():
        next_at = next_looks().get(UUID(channel_id)) if channel is not None else None
        if next_at is not None and next_at > clock.now():
            ask.later(channel_id, at=next_at)
    return next_at is not None and next_at <= clock.now()


def await_reports(message_ids: Sequence[UUID]) -> None:
    """Whoever's vendor does not call about `message_ids` is asked, in the current transaction."""
    look_at = clock.now() + FIRST_LOOK
    values = {
        "organization_id": current_organization_id(),
        "ids": uuid_array(message_ids),
        "look_at": look_at,
    }
    for channel_id in set(db().scalars(_AWAIT, values)):
        ask.later(str(channel_id), at=look_at)


def sweep() -> list[Wake]:
    """Every channel with something to ask for, and when."""
    return [ask.wake(at, str(channel_id)) for channel_id, at in next_looks().items()]


def next_looks() -> dict[UUID, datetime]:
    """Channel -> when it is asked next."""
    wanted = select(AwaitedReport.channel_id, func.min(AwaitedReport.look_at)).group_by(
        AwaitedReport.channel_id
    )
    return {row[0]: row[1] for row in db().execute(wanted)}


def _due(channel_id: UUID) -> tuple[Channel | None, Sequence[Row[Any]]]:
    now = clock.now()
    with transaction():
        channel = get(Channel, channel_id)
        db().execute(_FORGET, _of(channel_id, oldest=now - GIVEN_UP))
        if channel is None or channel.archived_at is not None or not channel.sealed_credentials:
            return None, ()
        return channel, db().execute(_DUE, _of(channel_id, now=now, most=BATCH)).all()


def _ask(channel: Channel, due: Sequence[Row[Any]]) -> None:
    items = []
    try:
        with open_provider(channel) as provider:
            items.extend(provider.reports([_record(row) for row in due]))
    except ProviderError as problem:
        log.info("ask.not_answered", channel=str(channel.id), problem=problem.reason)
    with transaction():
        if deliveries.store(channel.id, items):
            receive.later(str(channel.id))
        values = {"ids": uuid_array(row.id for row in due), "now": clock.now()}
        db().execute(_LOOKED, _of(channel.id, **values, first=FIRST_LOOK, longest=LONGEST_PAUSE))


def _record(row: Row[Any]) -> SentRecord:
    return SentRecord(
        id=row.id,
        to=row.to_address,
        sender=row.from_address,
        sent_at=row.sent_at or clock.now(),
        provider_message_id=row.provider_message_id or "",
    )


def _of(channel_id: UUID, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": channel_id, **more}
