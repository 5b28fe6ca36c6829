"""One slice of delivering one channel: lease, claim, render, attempt, hand over, record.

No transaction is open while a provider's network answers. Whatever a crash leaves between the
commit of an attempt and the commit of its outcome is a small window of messages in doubt.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, select, text

from loumass.accounts.models import Organization
from loumass.channels.connecting import open_provider
from loumass.core import clock
from loumass.core.tenancy import current_organization_id, transaction
from loumass.messages import delivering_outcomes, outbox, outbox_lease, rendering
from loumass.messages.delivering_outcomes import Pair
from loumass.messages.outbox_lease import Allowance, Lease
from loumass.messages.rendering import Rendered
from loumass.providers.base import OutgoingMessage, Provider
from loumass.providers.errors import Disconnected, Outcome, Rejected, Throttled, Unknown

BATCH = 500
WINDOW = 50
#: A slice takes no new window after this, so that pauses, stops and other channels get their turn.
SLICE_SECONDS = 60.0
#: Within a slow window, outcomes are written down and the lease is renewed this often.
FLUSH_SECONDS = 10.0
#: While another process delivers the channel, look again this often.
BUSY = timedelta(seconds=2)
_WITHOUT_THE_DISK = text("SET LOCAL synchronous_commit = off")
log = structlog.get_logger("deliver")


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice did: how many messages were attempted, and when to look again (None: nothing is due)."""

    attempted: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Batch:
    lease: Lease
    allowed: Allowance
    rows: Sequence[Row[Any]]
    around: rendering.Surroundings
    #: Claimed rows that were neither attempted nor refused so far.
    unsettled: set[UUID]


def deliver_slice(channel_id: UUID) -> Slice:
    """Deliver what the channel may send now, boundedly."""
    with transaction():
        lease = outbox_lease.take(channel_id)
        busy_until = None if lease else outbox_lease.free_at(channel_id)
    if lease is None:
        return Slice(0, clock.now() + BUSY if busy_until else None)
    batch = None
    attempted = 0
    try:
        batch = _claim(lease)
        attempted = _deliver(batch) if batch.rows else 0
    finally:
        with transaction():
            if batch is not None:
                outbox.give_back(lease, batch.allowed.today, batch.unsettled)
            outbox_lease.release(lease)
    with transaction():
        return Slice(attempted, outbox_lease.next_due(channel_id))


def _claim(lease: Lease) -> _Batch:
    with transaction() as session:
        number = session.scalars(
            select(Organization.number).where(Organization.id == current_organization_id())
        ).one()
        allowed = outbox_lease.allowance(lease, BATCH)
        outbox.reclaim(lease, allowed.today, clock.now() + delivering_outcomes.FIRST_LOOK)
        rows = outbox.claim(lease, allowed).going if allowed.priorities else []
        pause = outbox_lease.pause_after(lease.channel, len(rows))
        if pause:
            # Committed with the claim: a crash must not make the channel faster than it may be.
            delivering_outcomes.rest(lease.channel_id, clock.now() + pause, "it keeps its pace.")
        around = rendering.surroundings(lease.channel, number, rows)
        return _Batch(lease, allowed, rows, around, {row.id for row in rows})


def _deliver(batch: _Batch) -> int:
    try:
        provider = open_provider(batch.lease.channel)
    except Disconnected as problem:
        with transaction():
            delivering_outcomes.disconnect(batch.lease.channel, problem.reason)
        return 0
    attempted, started = 0, time.monotonic()
    with provider:
        for window in _windows(batch):
            outcomes = _deliver_window(batch, window, provider)
            attempted += len(outcomes or ())
            if (
                outcomes is None
                or _should_stop(outcomes, provider)
                or time.monotonic() - started > SLICE_SECONDS
            ):
                break
    return attempted


def _windows(batch: _Batch) -> Iterator[Sequence[Row[Any]]]:
    """Small at first, single after failures: a silent server must cost one timeout, not fifty."""
    at, size = 0, 1 if batch.lease.channel.failures_in_a_row else WINDOW // 10
    while at < len(batch.rows):
        started = time.monotonic()
        window = batch.rows[at : at + size]
        yield window
        at += len(window)
        each = (time.monotonic() - started) / len(window)
        size = max(1, min(WINDOW, size * 4, int(FLUSH_SECONDS / max(each, 0.001))))


def _should_stop(outcomes: Sequence[Outcome], provider: Provider) -> bool:
    """Whether the channel as a whole was told to stop: more windows would only hear it again."""
    shares_throttle = not provider.throttles_per_recipient
    throttled = (one for one in outcomes if isinstance(one, Throttled))
    return (
        any(isinstance(one, Disconnected) for one in outcomes)
        or any(shares_throttle or one.is_about_us for one in throttled)
        or delivering_outcomes.why_away(outcomes) is not None
    )


def _deliver_window(batch: _Batch, window: Sequence[Row[Any]], provider: Provider) -> list[Outcome] | None:
    """The outcomes of one window; None when the lease was lost or the channel was paused meanwhile."""
    moment = clock.now()
    ready, poisoned = _rendered(window, batch.around, moment)
    with transaction():
        until = outbox_lease.renew(batch.lease)
        if until is None:
            return None
        day = batch.allowed.today
        judged = outbox.attempt(batch.lease, until, moment, ready, day)
        _record(batch, poisoned, provider)
    attempted = {row.id for row in judged.going}
    going = {row.id: row for row in window if row.id in attempted}
    batch.unsettled.difference_update(attempted, (row.id for row, _ in poisoned))
    batch.unsettled.difference_update(row.id for row in (*judged.waiting, *judged.ended))
    return [outcome for _, outcome in poisoned] + _hand_over(
        batch, going, [one.message for one in ready if one.message.id in going], provider
    )


def _rendered(
    window: Sequence[Row[Any]], around: rendering.Surroundings, moment: datetime
) -> tuple[list[Rendered], list[Pair]]:
    """The messages to hand over, and those that cannot be written: each fails alone, with its reason."""
    ready: list[Rendered] = []
    poisoned: list[Pair] = []
    for row in window:
        try:
            ready.append(rendering.rendered(row, around, moment))
        except Exception as problem:  # one bad row must not hold up the others, whatever is wrong with it
            log.warning(
                "deliver.unrenderable", message=str(row.id), problem=type(problem).__name__, exc_info=True
            )
            poisoned.append((row, Rejected(f"The message could not be written: {problem}", "unrenderable")))
    return ready, poisoned


def _hand_over(
    batch: _Batch, going: dict[UUID, Row[Any]], messages: Sequence[OutgoingMessage], provider: Provider
) -> list[Outcome]:
    """Give `messages` to the provider and write down what it says as it says it."""
    outcomes: list[Outcome] = []
    pending: list[Pair] = []
    flushed = time.monotonic()
    for message_id, outcome in _told(provider, messages):
        outcomes.append(outcome)
        pending.append((going[message_id], outcome))
        if time.monotonic() - flushed > FLUSH_SECONDS:
            _flush(batch, pending, provider)
            pending, flushed = [], time.monotonic()
            with transaction():
                outbox_lease.renew(batch.lease)
    _flush(batch, pending, provider)
    return outcomes


def _told(provider: Provider, messages: Sequence[OutgoingMessage]) -> Iterator[tuple[UUID, Outcome]]:
    """Every outcome; what a broken provider leaves open is unknown, and never sent again blindly."""
    open_ids = {message.id for message in messages}
    try:
        for message_id, outcome in provider.deliver(messages):
            open_ids.discard(message_id)
            yield message_id, outcome
    except Exception as problem:  # a provider must not raise; when it does, nobody knows what was sent
        log.exception("deliver.provider_broke", provider=provider.kind)
        reason = f"{provider.label} stopped in the middle ({type(problem).__name__})."
        yield from ((message_id, Unknown(reason)) for message_id in sorted(open_ids))


def _flush(batch: _Batch, pairs: Sequence[Pair], provider: Provider) -> None:
    if pairs:
        with transaction() as session:
            # The next attempt's commit waits for the disk and takes this one along. What a power failure takes
            # back before that is in doubt, like everything that a crash leaves between attempt and outcome.
            session.execute(_WITHOUT_THE_DISK)
            _record(batch, pairs, provider)


def _record(batch: _Batch, pairs: Sequence[Pair], provider: Provider) -> None:
    delivering_outcomes.record(
        batch.lease.channel,
        batch.lease.token,
        pairs,
        shares_throttle=not provider.throttles_per_recipient,
        day=batch.allowed.today,
    )
