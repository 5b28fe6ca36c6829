"""Mailboxes whose vendor tells us of what arrives: asked for once a day, since such promises end."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select, update

from loumass.channels.connecting import open_provider
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import job
from loumass.core.tenancy import get, transaction
from loumass.providers.base import Capability, Watch
from loumass.providers.errors import ProviderError
from loumass.providers.registry import that_can

RENEW_EVERY, TRY_AGAIN = timedelta(days=1), timedelta(hours=1)
log = structlog.get_logger("watch")


@job("receive")
def watch(channel_id: str) -> None:
    """Ask the channel's vendor to go on telling us. Meanwhile and otherwise, the mailbox is polled."""
    with transaction():
        channel = get(Channel, UUID(channel_id))
    if channel is None or not is_watchable(channel):
        return
    try:
        with open_provider(channel) as provider:
            promised = provider.watch(channel.watch.get("state") or {})
    except ProviderError as problem:
        log.info("watch.refused", channel=channel_id, problem=problem.reason)
        _note(channel, None, TRY_AGAIN, problem.reason)
        return
    _note(channel, promised, RENEW_EVERY, "")


def sweep() -> list[Wake]:
    """Every mailbox that should be asked for by now."""
    channels = db().scalars(select(Channel).where(Channel.archived_at.is_(None)))
    return [watch.wake(_next(channel), str(channel.id)) for channel in channels if is_watchable(channel)]


def is_watchable(channel: Channel) -> bool:
    """Whether its vendor can be asked to tell us."""
    able = {(provider.kind, provider.medium) for provider in that_can(Capability.WATCHED)}
    is_there = channel.archived_at is None and bool(channel.sealed_credentials)
    return is_there and (channel.provider, channel.medium) in able


def _note(channel: Channel, promised: Watch | None, pause: timedelta, problem: str) -> None:
    next_at = clock.now() + pause
    state = dict(promised.state) if promised else channel.watch.get("state") or {}
    until = promised.until if promised else channel.watched_until
    if promised is not None:
        next_at = min(next_at, promised.until - TRY_AGAIN)
    kept = {"state": state, "next_at": next_at.isoformat(), "problem": problem}
    with transaction():
        db().execute(update(Channel).where(Channel.id == channel.id).values(watch=kept, watched_until=until))
        watch.later(str(channel.id), at=next_at)


def _next(channel: Channel) -> datetime:
    told = channel.watch.get("next_at")
    return max(datetime.fromisoformat(told), clock.now()) if told else clock.now()
