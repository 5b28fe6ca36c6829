"""What came of a simulation, counted while it runs: it grows with hours and steps, never with people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.funnels.decisions import Decision
from loumass.funnels.simulating.chances import Fate
from loumass.funnels.simulating.people import Person
from loumass.funnels.simulating.stops import Stop

if TYPE_CHECKING:
    from loumass.funnels.simulating.posting import Post

#: So many people are named for each reason they were skipped for.
NAMED = 200


@dataclass(slots=True)
class Came:
    """Who came to one step: how often, and the first and the last; how they left it."""

    people: int = 0
    first: datetime | None = None
    last: datetime | None = None
    left: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Held:
    """Messages that one limit of one sender held on one of its days: how many, since when, until when (None: for good)."""

    messages: int
    since: datetime
    until: datetime | None


@dataclass(slots=True)
class Skipped:
    """Messages that were never sent for one reason at one step, and some of the people."""

    messages: int = 0
    people: list[UUID] = field(default_factory=list)


class Ledger:
    """Counts everything. Hours are those of `home`."""

    def __init__(self, home: ZoneInfo) -> None:
        self.home = home
        self.came: defaultdict[UUID, Came] = defaultdict(Came)
        self.sent: Counter[tuple[datetime, UUID]] = Counter()
        self.sent_by_step: Counter[UUID] = Counter()
        #: Change of the number of messages that wait, by hour and sender.
        self.queued: Counter[tuple[datetime, UUID]] = Counter()
        self.held: dict[tuple[UUID, str, date], Held] = {}
        self.skipped: defaultdict[tuple[str, UUID | None], Skipped] = defaultdict(Skipped)
        self.ended: Counter[str] = Counter()
        self.on_hold: Counter[tuple[str, UUID | None]] = Counter()
        self.assumed: Counter[UUID] = Counter()
        self.did: Counter[str] = Counter()
        self.first_sent: datetime | None = None
        self.last_sent: datetime | None = None
        self.last_moved: datetime | None = None
        #: The moment that was asked for last, and its hour.
        self._at: datetime | None = None
        self._hour = datetime.min.replace(tzinfo=UTC)

    def found(self, stop: Stop, person: Person, at: datetime) -> None:
        """Somebody stands at the step when it all begins."""

    def arrived(self, stop: Stop, people: Sequence[Person], at: datetime) -> None:
        """They come to the step."""
        came = self.came[stop.node.id]
        came.people += len(people)
        came.first, came.last = came.first or at, at
        self.last_moved = at

    def decided(self, stop: Stop, people: Sequence[Person], decision: Decision, at: datetime) -> None:
        """The step has decided on them."""

    def left(self, stop: Stop, people: Sequence[Person], outcome: str, at: datetime) -> None:
        """They leave the step by a way."""
        self.came[stop.node.id].left[outcome] += len(people)

    def finished(self, person: Person, reason: str, at: datetime) -> None:
        """Somebody leaves the campaign."""
        self.ended[reason] += 1
        self.last_moved = at

    def stuck(self, stop: Stop | None, person: Person, reason: str, at: datetime) -> None:
        """Somebody stays until a person decides."""
        self.on_hold[reason, stop.node.id if stop else None] += 1

    def was_assumed(self, stop: Stop, people: int) -> None:
        """What the step decides was assumed, since only people or vendors know."""
        self.assumed[stop.node.id] += people

    def skip(self, stop: Stop | None, person: Person, reason: str, at: datetime) -> None:
        """Somebody gets no message at the step."""
        found = self.skipped[reason, stop.node.id if stop else None]
        found.messages += 1
        if len(found.people) < NAMED:
            found.people.append(person.contact_id)

    def queue(self, post: Post, change: int, at: datetime) -> None:
        """So many messages more wait, or fewer."""
        self.queued[self.hour(at), post.sender.id] += change

    def went(self, post: Post, people: Sequence[Person], at: datetime) -> None:
        """Their messages leave now."""
        self.sent[self.hour(at), post.sender.id] += len(people)
        for stop, count in Counter(person.stop for person in people).items():
            if stop is not None:
                self.sent_by_step[stop.node.id] += count
        self.first_sent, self.last_sent = self.first_sent or at, at

    def hold(self, post: Post, gate: str, count: int, since: datetime, until: datetime | None) -> None:
        """A gate holds so many of the sender's messages from then on."""
        if count <= 0:
            return
        slot = post.sender.id, gate, since.astimezone(self.home).date()
        found = self.held.get(slot)
        if found is None:
            self.held[slot] = Held(count, since, until)
            return
        found.messages += count
        found.since = min(found.since, since)
        found.until = max(found.until, until) if found.until and until else None

    def fate(self, fate: Fate) -> None:
        """What people did with a message."""
        for what in ("opened", "clicked", "replied"):
            if getattr(fate, f"{what}_at") is not None:
                self.did[what] += 1
        if fate.is_bounced:
            self.did["bounced"] += 1

    def hour(self, at: datetime) -> datetime:
        """The hour that `at` lies in, on the clock at home."""
        if at is not self._at:
            local = at.astimezone(self.home)
            into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
            self._at, self._hour = at, at - into
        return self._hour
