"""One slice of delivering one channel: lease, attempt, render, hand over, record, window after window.

No transaction is open while a provider's network answers. Whatever a crash leaves between the
commit of an attempt and the commit of its outcome is a small window of messages in doubt.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError

from loumass.accounts.numbering import organization_number
from loumass.channels.connecting import open_provider
from loumass.core import clock
from loumass.core.beside import Beside, NotCommitted
from loumass.core.jobs import others_wait, person_waits
from loumass.core.plans import PLANNED_ONCE, WITHOUT_THE_DISK
from loumass.core.tenancy import current_organization_id, transaction
from loumass.events.service import ring_listeners
from loumass.messages import delivering_outcomes, outbox, outbox_lease, quota
from loumass.messages.delivering_ledger import Ledger
from loumass.messages.delivering_windows import Letters, Pace, Portion
from loumass.messages.outbox_attempt import Attempt, Window
from loumass.messages.outbox_lease import Lease
from loumass.messages.rendering import Surroundings, surroundings
from loumass.providers.base import Provider
from loumass.providers.errors import Disconnected, Outcome, Throttled

#: The channel's limits are looked at again after so many.
PORTION = 2_000
#: A slice takes no new window after this, so that pauses and stops get their turn; and none after the second when
#: another channel waits.
SLICE_SECONDS, POLITE_SECONDS = 60.0, 1.0
#: How often somebody is looked for. A person's answer, on this channel or another, waits no longer than that.
LOOK_SECONDS = 0.2
#: Within a slow window, outcomes are written down and the lease is renewed this often.
FLUSH_SECONDS = 10.0
#: Listeners hear of what was sent at the end of the queue, and meanwhile this often: sending goes before the news of it.
NEWS_WAIT = timedelta(seconds=10)
#: And open pages hear of it this often.
PAGES_WAIT_SECONDS = 1.0
#: While another process delivers the channel, look again this often.
BUSY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice did: how many messages were attempted, and when to look again (None: nothing is due)."""

    attempted: int
    next_at: datetime | None
    #: Of the channel; nothing where another process has it.
    medium: str = ""


class _Done(NamedTuple):
    """How many messages were attempted, and whose segments they used, on which day."""

    attempted: int = 0
    brand_id: UUID | None = None
    day: date | None = None


def deliver_slice(channel_id: UUID) -> Slice:
    """Deliver what the channel may send now, boundedly."""
    with transaction():
        lease = outbox_lease.take(channel_id)
        busy_until = None if lease else outbox_lease.free_at(channel_id)
    if lease is None:
        return Slice(0, clock.now() + BUSY if busy_until else None)
    done = _Done()
    try:
        done = _deliver(lease)
    finally:
        with transaction():
            outbox_lease.release(lease)
    if done.brand_id is not None and done.day is not None:
        # By itself: who attempts has the brand locked before the channel.
        with transaction():
            quota.warn_of_brand(done.brand_id, done.day)
    with transaction():
        next_at = outbox_lease.next_due(channel_id)
        if done.attempted:
            quota.warn(lease.channel)
            goes_on = next_at is not None and next_at <= clock.now()
            ring_listeners("message.sent", within=NEWS_WAIT if goes_on else timedelta())
        return Slice(done.attempted, next_at, lease.channel.medium)


def _portion(lease: Lease, pace: Pace) -> Portion:
    with transaction():
        outbox.reclaim(lease, clock.now() + delivering_outcomes.FIRST_LOOK)
        return Portion(lease, outbox_lease.allowance(lease, PORTION), pace)


def _deliver(lease: Lease) -> _Done:
    """Portion after portion over the same connections."""
    pace = Pace(lease)
    portion = _portion(lease, pace)
    if portion.is_over:
        return _Done()
    if lease.channel.archived_at is not None:
        _end(portion)
        return _Done()
    try:
        provider = open_provider(lease.channel)
    except Disconnected as problem:
        with transaction():
            delivering_outcomes.disconnect(lease.channel, problem.reason)
        return _Done()
    ledger = Ledger(lease, portion.allowed, shares_throttle=not provider.throttles_per_recipient)
    with provider, Beside(current_organization_id()) as beside:
        run = _Run(lease, provider, ledger, beside, pace)
        try:
            while not portion.is_over and run.through(portion):
                portion = _portion(lease, pace)
        except (psycopg.Error, DBAPIError) as problem:
            # What was to be written down with it and came to nothing, or nobody knows: what is known is kept.
            ledger.take_back(problem)
            ledger.write_alone(is_ours=not run.is_overtaken)
            raise
        return run.done


def _end(portion: Portion) -> None:
    """What waits for a removed channel is refused by its gate, for good."""
    with transaction():
        portion.attempt().carry_out()


class _Run:
    """One way through what is due. While a window goes, the one before is written down and the next one taken out of the
    queue, on a connection of their own: neither the database nor the provider is waited for."""

    def __init__(self, lease: Lease, provider: Provider, ledger: Ledger, beside: Beside, pace: Pace) -> None:
        self.lease, self.provider, self.ledger, self.beside, self.pace = lease, provider, ledger, beside, pace
        self.around = _surroundings(lease)
        self.attempted, self.looked, self.is_wanted = 0, 0.0, False
        self.started = self.rang = time.monotonic()
        self.until, self.is_overtaken = lease.until, False
        provider.may_write = self._may_write
        provider.note_draft = self._note_draft

    def through(self, portion: Portion) -> bool:
        """Whether some of the portion was attempted, and more may go."""
        self.ledger.allowed = portion.allowed
        letters, is_stopped = self._attempt(portion), False
        while letters is not None:
            ahead = self._begin_ahead(portion, letters)
            outcomes = self._hand_over(letters)
            if is_stopped := self.is_overtaken or _should_stop(outcomes, self.provider):
                self._give_back(portion, ahead)
                break
            self._ring_now_and_then()
            letters = (ahead and self._landed(portion, ahead)) or self._go_on(portion)
        self._finish()
        return portion.taken > 0 and not is_stopped and not self.is_overtaken and not self._makes_room()

    @property
    def done(self) -> _Done:
        """What came of it."""
        allowed = self.ledger.allowed
        return _Done(self.attempted, allowed.brand_id if self.attempted else None, allowed.today)

    def _go_on(self, portion: Portion) -> Letters | None:
        is_done = portion.is_over or self.is_overtaken or self._makes_room()
        return None if is_done else self._attempt(portion)

    def _makes_room(self) -> bool:
        """Whether this slice has had its time, or somebody waits; it stays so."""
        seconds = time.monotonic() - self.started
        if not self.is_wanted and seconds >= self.looked + LOOK_SECONDS:
            self.looked = seconds
            self.is_wanted = seconds > SLICE_SECONDS or self._is_asked_for_room(seconds)
        return self.is_wanted

    def _is_asked_for_room(self, seconds: float) -> bool:
        is_over = seconds >= POLITE_SECONDS and others_wait("deliver")
        return is_over or person_waits("deliver") or self._has_answer_due()

    def _has_answer_due(self) -> bool:
        with transaction():
            return outbox.has_answer_due(self.lease)

    def _attempt(self, portion: Portion) -> Letters | None:
        """What of the next window the gates let through; None when the lease was lost or the channel was paused."""
        asked = portion.attempt()
        with transaction() as session:
            session.execute(PLANNED_ONCE)
            self.ledger.write(is_ours=not self.is_overtaken)
            window = asked.carry_out()
            portion.learn(asked, window)
            if portion.pause and window.going:
                # Committed with the attempt: a crash must not make the channel faster than it may be.
                until = portion.began + portion.pause
                delivering_outcomes.rest(self.lease.channel_id, until, "it keeps its pace.")
        self.ledger.written()
        return self._letters(asked, window)

    def _begin_ahead(self, portion: Portion, letters: Letters) -> Attempt | None:
        """Have the window before `letters` written down and the one after them taken out of the queue, where the channel
        works and nobody waits for it."""
        if not self.attempted or portion.is_over or portion.is_paced or self.pace.is_careful:
            return None
        if portion.allowed.is_counted:
            return None
        if self._makes_room() or not self.ledger.is_usual:
            return None
        asked = portion.attempt(before=letters.ids)
        try:
            self.beside.send((PLANNED_ONCE, {}), *self.ledger.sent_off(), *asked.statements)
        except NotCommitted as problem:
            self.ledger.take_back(problem)
            return None
        return asked

    def _landed(self, portion: Portion, ahead: Attempt) -> Letters | None:
        """What was taken ahead; None also when that was not committed."""
        try:
            window = ahead.found(self.beside.land())
        except NotCommitted as problem:
            self.ledger.take_back(problem)
            return None
        self.ledger.landed()
        portion.learn(ahead, window)
        if window.ended:
            with transaction():
                window.tell()
        return self._letters(ahead, window)

    def _letters(self, asked: Attempt, window: Window) -> Letters | None:
        if not window.is_held:
            self.is_overtaken = True
            return None
        self.until = asked.until
        return Letters(window.going, self._around(window), asked.moment)

    def _around(self, window: Window) -> Surroundings:
        if self.around.is_enough(window.going):
            return self.around
        with transaction():
            return self.around.around(window.going)

    def _give_back(self, portion: Portion, ahead: Attempt | None) -> None:
        """What was taken ahead and cannot go now is in the queue again: it was surely not sent."""
        letters = self._landed(portion, ahead) if ahead is not None else None
        if letters is not None:
            with transaction():
                delivering_outcomes.put_back(
                    self.lease.channel, self.lease.token, letters.rows, self.ledger.allowed.today
                )

    def _hand_over(self, letters: Letters) -> list[Outcome]:
        """Give what may go to the provider; in a slow window, what it says is written down on the way."""
        outcomes: list[Outcome] = []
        if not letters.rows:
            return outcomes
        began = flushed = time.monotonic()
        for row, outcome in letters.handed_to(self.provider):
            outcomes.append(outcome)
            self.ledger.note(row, outcome, letters.subjects.get(row.id, ""))
            if time.monotonic() - flushed > FLUSH_SECONDS:
                self._write_alone()
                flushed = time.monotonic()
                with transaction():
                    self._holds_on()
        self.attempted += len(outcomes)
        self.pace.learn(len(outcomes), time.monotonic() - began)
        if not self.is_overtaken and not self.ledger.is_usual:
            self._write_alone()
        return outcomes

    def _write_alone(self) -> None:
        # What is under way holds the channel until it has ended.
        self.beside.wait()
        self.ledger.write_alone(is_ours=not self.is_overtaken)

    def _may_write(self) -> bool:
        """Whether the lease still holds: a process that slept over it must not send what others settle meanwhile."""
        if not self.is_overtaken and clock.now() >= self.until:
            with transaction():
                self._holds_on()
        return not self.is_overtaken

    def _note_draft(self, message_id: UUID, draft_id: str) -> bool:
        """Commit what a crash must find: whose draft still exists was not sent."""
        with transaction():
            return outbox_lease.note_draft(self.lease, message_id, draft_id)

    def _holds_on(self) -> bool:
        until = outbox_lease.renew(self.lease)
        self.until, self.is_overtaken = until or self.until, until is None
        return not self.is_overtaken

    def _ring_now_and_then(self) -> None:
        self.ledger.tell(every=PAGES_WAIT_SECONDS)
        if time.monotonic() - self.rang > NEWS_WAIT.total_seconds():
            self.rang = time.monotonic()
            with transaction():
                ring_listeners("message.sent")

    def _finish(self) -> None:
        with transaction() as session:
            session.execute(WITHOUT_THE_DISK)
            self.ledger.write(is_ours=not self.is_overtaken)
            outbox.done_with(self.lease)
        self.ledger.written()
        self.ledger.tell()


def _surroundings(lease: Lease) -> Surroundings:
    with transaction():
        return surroundings(lease.channel, organization_number())


def _should_stop(outcomes: Sequence[Outcome], provider: Provider) -> bool:
    """Whether the channel as a whole was told to stop: more windows would only hear it again."""
    shares_throttle = not provider.throttles_per_recipient
    throttled = (one for one in outcomes if isinstance(one, Throttled))
    return (
        any(isinstance(one, Disconnected) for one in outcomes)
        or any(shares_throttle or one.is_about_us for one in throttled)
        or delivering_outcomes.why_away(outcomes) is not None
    )
