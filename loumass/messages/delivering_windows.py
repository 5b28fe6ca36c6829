"""What is attempted together, one window after the other, and rendered a few at a time as the provider asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row

from loumass.core import clock
from loumass.core.storage import FileGone, StorageUnavailable
from loumass.messages import rendering
from loumass.messages.delivering_outcomes import Pair
from loumass.messages.models import PRIORITY_CAMPAIGN
from loumass.messages.outbox_attempt import FRONT, Attempt, Place, Window
from loumass.messages.outbox_lease import Allowance, Lease, pause_after
from loumass.providers.base import OutgoingMessage, Provider
from loumass.providers.errors import Outcome, Rejected, Unavailable, Unknown

#: How many messages at most are attempted together.
WINDOW, FIRST_WINDOW = 50, 5
#: How many a crash can leave in doubt: a window that goes, and one that is next or is not written down yet.
IN_DOUBT = 2 * WINDOW
#: So many are rendered one behind the other: what each does for itself, alone between two answers of a server, takes
#: twice as long.
TOGETHER = 25
#: A server that takes its time gets fewer at once: what is in doubt after a crash is a moment's sending.
WINDOW_SECONDS = 0.1
#: Of rows that gates refuse, so many leave the front of the queue at once.
LOOKED_AT = 2_000
log = structlog.get_logger("deliver")


class Pace:
    """How many go at once: few at first, single after failures, since a silent server must cost one timeout and not fifty."""

    def __init__(self, lease: Lease) -> None:
        self.is_careful = lease.channel.failures_in_a_row > 0
        self.size = 1 if self.is_careful else FIRST_WINDOW

    def learn(self, count: int, seconds: float) -> None:
        """So many went in so many seconds: the next window is as large as this server deserves."""
        each = seconds / max(count, 1)
        self.size = max(1, min(WINDOW, self.size * 4, int(WINDOW_SECONDS / max(each, 0.001))))


class Portion:
    """What a channel may send until its limits are looked at again, window by window."""

    def __init__(self, lease: Lease, allowed: Allowance, pace: Pace) -> None:
        self.allowed, self.taken, self.began = allowed, 0, clock.now()
        self.is_over = not allowed.priorities
        self._lease, self._pace = lease, pace
        self._campaign_most, self._after = allowed.campaign_most, FRONT
        # All that waits for a removed channel is refused.
        self._is_refused = lease.channel.archived_at is not None

    @property
    def is_paced(self) -> bool:
        """Whether the channel rests after each message or some."""
        return bool(pause_after(self._lease.channel, 1))

    @property
    def pause(self) -> timedelta:
        """How long the channel rests after what was taken, so that it keeps its pace."""
        return pause_after(self._lease.channel, self.taken, self._after.id)

    def attempt(self, before: Sequence[UUID] = ()) -> Attempt:
        """The next window. What gates refuse leaves the front of the queue, many at once."""
        size = min(self._pace.size, self.allowed.most - self.taken)
        return Attempt(
            lease=self._lease, moment=clock.now(), allowed=self.allowed, size=size, campaign_most=self._campaign_most,
            look_at=LOOKED_AT if self._is_refused else size, after=self._after, before=before,
        )  # fmt: skip

    def learn(self, asked: Attempt, window: Window) -> None:
        """What `asked` came to."""
        going = window.going
        self._is_refused = bool(window.refused) and len(going) < asked.size
        self.taken += len(going)
        self._campaign_most -= sum(row.priority >= PRIORITY_CAMPAIGN for row in going)
        if going:
            self._after = Place(going[-1].priority, going[-1].due_at, going[-1].id)
        is_all_seen = window.looked_at < asked.look_at and len(going) < asked.size
        self.is_over = self.taken >= self.allowed.most or is_all_seen or not (going or window.refused)


class Letters:
    """What was attempted at `moment`, rendered when the provider asks for it, a few at a time.

    `subjects` are those of what was rendered, by message.
    """

    def __init__(self, rows: Sequence[Row[Any]], around: rendering.Surroundings, moment: datetime) -> None:
        self.rows = rows
        self.subjects: dict[UUID, str] = {}
        self._around, self._moment = around, moment
        self._open = {row.id: row for row in rows}
        self._unwritable: list[Pair] = []

    @property
    def ids(self) -> list[UUID]:
        """All of them."""
        return [row.id for row in self.rows]

    def handed_to(self, provider: Provider) -> Iterator[Pair]:
        """Every outcome. What cannot be written fails alone, with its reason, or waits for its files; what a broken
        provider leaves open is unknown, and never sent again blindly."""
        try:
            for message_id, outcome in provider.deliver(self._rendered()):
                yield self._open.pop(message_id), outcome
                yield from self._take_unwritable()
        except Exception as problem:  # a provider must not raise; when it does, nobody knows what was sent
            log.exception("deliver.provider_broke", provider=provider.kind)
            reason = f"{provider.label} stopped in the middle ({type(problem).__name__})."
            yield from ((row, Unknown(reason)) for row in self._open.values())
        yield from self._take_unwritable()

    def _rendered(self) -> Iterator[OutgoingMessage]:
        rows = tuple(self._open.values())
        for at in range(0, len(rows), TOGETHER):
            yield from [one for row in rows[at : at + TOGETHER] if (one := self._written(row))]

    def _written(self, row: Row[Any]) -> OutgoingMessage | None:
        try:
            one = rendering.rendered(row, self._around, self._moment)
        except Exception as problem:  # one bad row must not hold up the others, whatever is wrong with it
            self._unwritable.append((self._open.pop(row.id), _unwritable(row, problem)))
            return None
        self.subjects[row.id] = one.subject
        return one.message

    def _take_unwritable(self) -> list[Pair]:
        taken, self._unwritable = self._unwritable, []
        return taken


def _unwritable(row: Row[Any], problem: Exception) -> Outcome:
    if isinstance(problem, StorageUnavailable) and not isinstance(problem, FileGone):
        return Unavailable(str(problem), is_about_recipient=True)
    log.warning("deliver.unrenderable", message=str(row.id), problem=type(problem).__name__, exc_info=problem)
    return Rejected(f"The message could not be written: {problem}", "unrenderable")
