"""One slice of delivering one channel: lease, look through the queue, render, attempt, hand over, record.

No transaction is open while a provider's network answers. Whatever a crash leaves between the
commit of an attempt and the commit of its outcome is a small window of messages in doubt.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select, text

from loumass.accounts.models import Organization
from loumass.channels.connecting import open_provider
from loumass.core import clock
from loumass.core.jobs import others_wait
from loumass.core.plans import PLANNED_ONCE
from loumass.core.tenancy import current_organization_id, transaction
from loumass.events.service import ring_listeners
from loumass.messages import delivering_outcomes, outbox, outbox_lease, rendering
from loumass.messages.delivering_outcomes import Pair
from loumass.messages.delivering_windows import Batch, Window, windows
from loumass.messages.outbox_lease import Lease
from loumass.providers.base import OutgoingMessage, Provider
from loumass.providers.errors import Disconnected, Outcome, Throttled, Unknown

BATCH = 2_000
#: A slice takes no new window after this, so that pauses and stops get their turn; and none after the second when
#: somebody waits: another channel, or a person's answer on this one.
SLICE_SECONDS, POLITE_SECONDS = 60.0, 1.0
#: Within a slow window, outcomes are written down and the lease is renewed this often.
FLUSH_SECONDS = 10.0
#: Listeners hear of what was sent this often, and at the end.
RING_SECONDS = 3.0
#: While another process delivers the channel, look again this often.
BUSY = timedelta(seconds=2)
_WITHOUT_THE_DISK = text("SET LOCAL synchronous_commit = off")
log = structlog.get_logger("deliver")


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice did: how many messages were attempted, and when to look again (None: nothing is due)."""

    attempted: int
    next_at: datetime | None


def deliver_slice(channel_id: UUID) -> Slice:
    """Deliver what the channel may send now, boundedly."""
    with transaction():
        lease = outbox_lease.take(channel_id)
        busy_until = None if lease else outbox_lease.free_at(channel_id)
    if lease is None:
        return Slice(0, clock.now() + BUSY if busy_until else None)
    attempted = 0
    try:
        batch = _claim(lease)
        attempted = _deliver(batch) if batch.rows else 0
    finally:
        with transaction():
            outbox_lease.release(lease)
    with transaction():
        return Slice(attempted, outbox_lease.next_due(channel_id))


def _claim(lease: Lease) -> Batch:
    with transaction() as session:
        number = session.scalars(
            select(Organization.number).where(Organization.id == current_organization_id())
        ).one()
        allowed = outbox_lease.allowance(lease, BATCH)
        outbox.reclaim(lease, clock.now() + delivering_outcomes.FIRST_LOOK)
        rows = outbox.claim(lease, allowed).going
        pause = outbox_lease.pause_after(lease.channel, len(rows))
        if pause:
            # Committed before the first attempt: a crash must not make the channel faster than it may be.
            delivering_outcomes.rest(lease.channel_id, clock.now() + pause, "it keeps its pace.")
        return Batch(lease, allowed, rows, rendering.surroundings(lease.channel, number, rows))


def _deliver(batch: Batch) -> int:
    try:
        provider = open_provider(batch.lease.channel)
    except Disconnected as problem:
        with transaction():
            delivering_outcomes.disconnect(batch.lease.channel, problem.reason)
        return 0
    with provider, ThreadPoolExecutor(1, "render") as beside:
        return _Run(batch, provider).through(windows(batch, beside))


class _Run:
    """One way through a batch. What a window came to is written down together with the next one's attempt."""

    def __init__(self, batch: Batch, provider: Provider) -> None:
        self.batch, self.provider = batch, provider
        self.attempted = 0
        self.subjects: dict[UUID, str] = {}
        self.unwritten: list[Pair] = []
        self.rang = time.monotonic()
        self.until, self.is_overtaken = batch.lease.until, False
        provider.may_write = self._may_write

    def through(self, windows: Iterator[Window]) -> int:
        """How many were attempted or refused as unwritable."""
        started = time.monotonic()
        for window in windows:
            going = self._attempt(window)
            if going is None:
                break
            outcomes = self._hand_over(window, going)
            if (
                self.is_overtaken
                or _should_stop(outcomes, self.provider)
                or self._makes_room(time.monotonic() - started)
            ):
                break
        self._finish()
        return self.attempted

    def _makes_room(self, seconds: float) -> bool:
        if seconds < POLITE_SECONDS:
            return False
        if seconds > SLICE_SECONDS or others_wait("deliver"):
            return True
        with transaction():
            return outbox.has_answer_due(self.batch.lease)

    def _attempt(self, window: Window) -> frozenset[UUID] | None:
        """Whom of the window the gates let through; None when the lease was lost or the channel was paused."""
        lease, day = self.batch.lease, self.batch.allowed.today
        with transaction() as session:
            session.execute(PLANNED_ONCE)
            self._record(self.unwritten)
            going: frozenset[UUID] | None = None
            if self._holds_on():
                going = outbox.attempt(lease, self.until, window.moment, [row.id for row in window.rows], day)
                self._record([pair for pair in window.poisoned if pair[0].id in going])
        self.unwritten = []
        return going

    def _hand_over(self, window: Window, going: frozenset[UUID]) -> list[Outcome]:
        """Give what may go to the provider; in a slow window, what it says is written down on the way."""
        rows = {row.id: row for row in window.rows}
        ready = [one for one in window.ready if one.message.id in going]
        self.subjects = {one.message.id: one.subject for one in ready}
        outcomes = [outcome for row, outcome in window.poisoned if row.id in going]
        flushed = time.monotonic()
        for message_id, outcome in _told(self.provider, [one.message for one in ready]):
            outcomes.append(outcome)
            self.unwritten.append((rows[message_id], outcome))
            if time.monotonic() - flushed > FLUSH_SECONDS:
                self._flush()
                flushed = time.monotonic()
                with transaction():
                    self._holds_on()
        self.attempted += len(outcomes)
        return outcomes

    def _may_write(self) -> bool:
        """Whether the lease still holds: a process that slept over it must not send what others settle meanwhile."""
        if not self.is_overtaken and clock.now() >= self.until:
            with transaction():
                self._holds_on()
        return not self.is_overtaken

    def _holds_on(self) -> bool:
        until = outbox_lease.renew(self.batch.lease)
        self.until, self.is_overtaken = until or self.until, until is None
        return not self.is_overtaken

    def _flush(self) -> None:
        if self.unwritten:
            with transaction() as session:
                # The next attempt's commit waits for the disk and takes this one along. What a power failure takes
                # back before that is in doubt, like everything that a crash leaves between attempt and outcome.
                session.execute(_WITHOUT_THE_DISK)
                self._record(self.unwritten)
            self.unwritten = []

    def _finish(self) -> None:
        if self.attempted:
            with transaction() as session:
                session.execute(_WITHOUT_THE_DISK)
                self._record(self.unwritten)
                ring_listeners("message.sent")

    def _is_time_to_ring(self) -> bool:
        is_due = time.monotonic() - self.rang > RING_SECONDS
        if is_due:
            self.rang = time.monotonic()
        return is_due

    def _record(self, pairs: Sequence[Pair]) -> None:
        delivering_outcomes.record(
            self.batch.lease.channel,
            self.batch.lease.token,
            pairs,
            subjects=self.subjects,
            rings=self._is_time_to_ring(),
            shares_throttle=not self.provider.throttles_per_recipient,
            day=self.batch.allowed.today,
            is_ours=not self.is_overtaken,
        )


def _should_stop(outcomes: Sequence[Outcome], provider: Provider) -> bool:
    """Whether the channel as a whole was told to stop: more windows would only hear it again."""
    shares_throttle = not provider.throttles_per_recipient
    throttled = (one for one in outcomes if isinstance(one, Throttled))
    return (
        any(isinstance(one, Disconnected) for one in outcomes)
        or any(shares_throttle or one.is_about_us for one in throttled)
        or delivering_outcomes.why_away(outcomes) is not None
    )


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
