"""What runs by itself: polling mailboxes, and understanding what was stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select, update

from loumass.channels.connecting import open_provider
from loumass.channels.models import Channel
from loumass.core import clock, live
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import job
from loumass.core.tenancy import get, get_or_404, transaction
from loumass.deliveries import service as deliveries
from loumass.deliveries.models import Delivery
from loumass.messages.receiving import OutcomeAwaited
from loumass.providers.base import Capability, FetchedBatch, Provider
from loumass.providers.errors import ProviderError
from loumass.providers.registry import that_can
from loumass.webhooks import dispatch
from loumass.webhooks.watching import watch

#: Deliveries of one slice.
BATCH = 20
POLL_EVERY = timedelta(minutes=1)
#: So often where the vendor tells us of what arrives: it may forget to.
POLL_WATCHED_EVERY = timedelta(minutes=5)
#: A mailbox that cannot be read is tried again after as long as it has been silent, at most this.
LONGEST_SILENCE = timedelta(minutes=30)
#: A report on a message that is being sent right now is understood again after this.
TOO_EARLY = timedelta(seconds=5)
log = structlog.get_logger("receive")


@job("receive")
def receive(channel_id: str) -> bool:
    """Understand some of the channel's deliveries; True when more are due now."""
    with transaction():
        channel = get_or_404(Channel, UUID(channel_id))
        claimed = deliveries.claim(channel.id, BATCH)
    if claimed:
        _understand_all(channel, claimed)
    with transaction():
        next_at = deliveries.next_due(channel.id).get(channel.id)
        if next_at is not None and next_at > clock.now():
            receive.later(channel_id, at=next_at)
    return next_at is not None and next_at <= clock.now()


@job("receive")
def poll(channel_id: str) -> bool:
    """Fetch one bounded batch of what arrived in the channel's mailbox; True when more is waiting."""
    with transaction():
        channel = get(Channel, UUID(channel_id))
    if channel is None or channel.archived_at is not None or not is_polled(channel):
        return False
    try:
        with open_provider(channel) as provider:
            batch = provider.fetch(channel.cursor)
    except ProviderError as problem:
        with transaction():
            _note_silence(channel, problem)
        return False
    with transaction():
        _keep(channel, batch)
        if not batch.more:
            poll.later(channel_id, at=clock.now() + _poll_pause(channel))
    return batch.more


def sweep() -> list[Wake]:
    """Every channel with something to understand, and every mailbox that should be polled by now."""
    wakes = [receive.wake(at, str(channel_id)) for channel_id, at in deliveries.next_due().items()]
    channels = db().scalars(select(Channel).where(Channel.archived_at.is_(None)))
    return wakes + [
        poll.wake(_next_poll(channel), str(channel.id)) for channel in channels if is_polled(channel)
    ]


def is_polled(channel: Channel) -> bool:
    """Whether what arrives must be fetched, and can be."""
    polled = {(provider.kind, provider.medium) for provider in that_can(Capability.POLLED)}
    return (channel.provider, channel.medium) in polled and bool(channel.sealed_credentials)


def _understand_all(channel: Channel, claimed: list[UUID]) -> None:
    try:
        provider = open_provider(channel)
    except ProviderError as problem:
        with transaction():
            deliveries.mark_failed(claimed, problem.reason)
        return
    with provider:
        for delivery_id in claimed:
            _understand(channel, delivery_id, provider)


def _understand(channel: Channel, delivery_id: UUID, provider: Provider) -> None:
    """One delivery alone: what is wrong with it must not hold up the others."""
    with transaction():
        delivery = get(Delivery, delivery_id)
    if delivery is None or delivery.state != "pending":
        return
    try:
        understood = dispatch.understand(delivery, provider)
        with transaction():
            current = get_or_404(Delivery, delivery_id, lock=True)
            if current.state == "pending":
                if dispatch.apply(get_or_404(Channel, channel.id), current, understood):
                    poll.later(str(channel.id))
                if dispatch.is_unwatched(understood):
                    watch.later(str(channel.id))
    except OutcomeAwaited:
        with transaction():
            deliveries.postpone(get_or_404(Delivery, delivery_id, lock=True), TOO_EARLY)
    except ProviderError as problem:
        _note_failure(delivery_id, problem.reason)
    except Exception as problem:  # recorded on the row, shown to people, tried again
        log.exception("receive.failed", delivery=str(delivery_id), provider=provider.kind)
        _note_failure(delivery_id, f"{type(problem).__name__}: {problem}")


def _note_failure(delivery_id: UUID, problem: str) -> None:
    with transaction():
        deliveries.mark_failed([delivery_id], problem)


def _keep(channel: Channel, batch: FetchedBatch) -> None:
    """Items and cursor in one transaction. A cursor that somebody else moved meanwhile stays as it is."""
    new = deliveries.store(channel.id, batch.items)
    db().execute(
        update(Channel)
        .where(Channel.id == channel.id, Channel.cursor == channel.cursor)
        .values(cursor=batch.cursor)
    )
    db().execute(
        update(Channel).where(Channel.id == channel.id).values(polled_at=clock.now(), poll_problem="")
    )
    if new:
        receive.later(str(channel.id))
    if channel.poll_problem:
        live.announce("channels")


def _note_silence(channel: Channel, problem: ProviderError) -> None:
    db().execute(update(Channel).where(Channel.id == channel.id).values(poll_problem=problem.reason))
    if channel.poll_problem != problem.reason:
        live.announce("channels")
    silent = clock.now() - (channel.polled_at or channel.created_at)
    poll.later(str(channel.id), at=clock.now() + min(max(silent, POLL_EVERY), LONGEST_SILENCE))


def _poll_pause(channel: Channel) -> timedelta:
    is_watched = channel.watched_until is not None and channel.watched_until > clock.now()
    return POLL_WATCHED_EVERY if is_watched else POLL_EVERY


def _next_poll(channel: Channel) -> datetime:
    last = channel.polled_at or channel.created_at
    silent = min(max(clock.now() - last, POLL_EVERY), LONGEST_SILENCE)
    pause = silent if channel.poll_problem else _poll_pause(channel)
    return max(last + pause, clock.now())
