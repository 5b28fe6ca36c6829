"""What became of messages and is not written down yet: with the attempt of the window after the next where all went well,
else before anything is attempted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row

from loumass.core import live, metrics
from loumass.core.beside import Statement
from loumass.core.plans import WITHOUT_THE_DISK
from loumass.core.tenancy import current_organization_id, transaction
from loumass.messages import delivering_outcomes
from loumass.messages.delivering_outcomes import Pair
from loumass.messages.outbox_lease import Allowance, Lease
from loumass.messages.recording import sent_down
from loumass.providers.errors import Outcome, Sent

log = structlog.get_logger("deliver")


class Ledger:
    """Outcomes on their way into the database.

    What is not plainly sent may put the channel to rest: it is written down before anything else is attempted.
    """

    def __init__(self, lease: Lease, allowed: Allowance, *, shares_throttle: bool) -> None:
        #: As of the portion at hand: the channel's day that sendings are counted into, and who hears of them.
        self.allowed = allowed
        self._subjects: dict[UUID, str] = {}
        self._lease, self._shares_throttle = lease, shares_throttle
        self._news = live.Later("message.sent", current_organization_id())
        self._unwritten: list[Pair] = []
        #: By statements that were sent off, and in the transaction that is open.
        self._on_its_way: list[Pair] = []
        self._at_hand: list[Pair] = []

    @property
    def is_usual(self) -> bool:
        """Whether all that is noted was plainly sent, by a channel that works."""
        all_sent = all(isinstance(outcome, Sent) for _, outcome in self._unwritten)
        return all_sent and not self._lease.channel.failures_in_a_row

    def note(self, row: Row[Any], outcome: Outcome, subject: str = "") -> None:
        """Take what became of a message that was read with `subject`; it is to be written down."""
        self._unwritten.append((row, outcome))
        if subject:
            self._subjects[row.id] = subject

    def write(self, *, is_ours: bool) -> None:
        """Write down what is noted, in the transaction that is open; `written` or `take_back` follows."""
        if self._unwritten:
            self._news.promise()
        self._at_hand, self._unwritten = self._unwritten, []
        delivering_outcomes.record(
            self._lease.channel,
            self._lease.token,
            self._at_hand,
            subjects=self._subjects,
            shares_throttle=self._shares_throttle,
            day=self.allowed.today,
            is_ours=is_ours,
        )

    def write_alone(self, *, is_ours: bool) -> None:
        """The same in a transaction of its own."""
        if self._unwritten:
            with transaction() as session:
                # The next attempt's commit waits for the disk and takes this one along. What a power failure takes
                # back before that is in doubt, like everything that a crash leaves between attempt and outcome.
                session.execute(WITHOUT_THE_DISK)
                self.write(is_ours=is_ours)
            self.written()

    def sent_off(self) -> Sequence[Statement]:
        """The statements that write down what is noted, which `is_usual`; `landed` or `take_back` follows."""
        if not self._unwritten:
            return ()
        self._news.promise()
        self._on_its_way, self._unwritten = self._unwritten, []
        told = delivering_outcomes.told_of(self._on_its_way, self._subjects)
        now = self.allowed
        return (sent_down(told, self._lease.token, self._lease.channel_id, now.today, now.hear_of_sent),)

    def landed(self) -> None:
        """What was sent off is committed."""
        self._forget(self._on_its_way)
        self._on_its_way = []

    def written(self) -> None:
        """The transaction that was open is committed."""
        self._forget(self._at_hand)
        self._at_hand = []

    def tell(self, every: float = 0.0) -> None:
        """Open pages hear of what is committed, unless they did within `every` seconds: single sendings tell nobody."""
        self._news.tell("inbox", every=every)

    def take_back(self, problem: Exception) -> None:
        """What was sent off, and what was at hand, is to be written down again: a second time changes nothing."""
        log.warning("deliver.written_again", problem=repr(problem))
        self._unwritten = [*self._on_its_way, *self._at_hand, *self._unwritten]
        self._on_its_way, self._at_hand = [], []

    def _forget(self, pairs: Sequence[Pair]) -> None:
        channel = self._lease.channel
        for kind, count in Counter(type(outcome) for _, outcome in pairs).items():
            metrics.SENDS.labels(channel.medium, channel.provider, kind.__name__.lower()).inc(count)
        self._news.note([self._fact(row) for row, outcome in pairs if isinstance(outcome, Sent)])
        for row, _ in pairs:
            self._subjects.pop(row.id, None)

    def _fact(self, row: Row[Any]) -> dict[str, Any]:
        fact = {"channel_id": self._lease.channel_id, "campaign_id": row.stream_id}
        if row.stream_id is None:
            fact |= {"message_id": row.id, "conversation_id": row.conversation_id}
        return fact
