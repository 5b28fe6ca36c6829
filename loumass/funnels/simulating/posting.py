"""One sender's queue in virtual time: what may leave at a moment, by cap, warm-up, pace, window and night.

The order is the engine's (`messages/outbox_attempt.py`): by when a message is due, then by when it was planned. Whatever a
gate refuses is due again when the gate opens.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import NamedTuple
from zoneinfo import ZoneInfo

from loumass.channels.warming import least
from loumass.funnels.simulating.hours import wall
from loumass.funnels.simulating.lanes import NEVER, Lane, Letter
from loumass.funnels.simulating.ledger import Ledger
from loumass.funnels.simulating.people import Person
from loumass.funnels.simulating.senders import Limits, Sender
from loumass.messages.spreading import Sender as Share
from loumass.messages.spreading import a_day

CAP, SEGMENTS, PACE, FREQUENCY = "daily_cap", "segments", "channel_resting", "frequency"


class Look(NamedTuple):
    """What one look at the queue let go, and whom a gate refused for good: (person, gate)."""

    sent: list[Person]
    refused: list[tuple[Person, str]]


class Post:
    """The queue of one `sender`. `look` after something was put in, and at `next_at`.

    `share` tells how much of the random part of a gap follows somebody's message.
    """

    def __init__(self, sender: Sender, limits: Limits, ledger: Ledger, begins: datetime,
                 share: Callable[[Person], float]) -> None:  # fmt: skip
        self.sender = sender
        self.next_at: datetime | None = None
        #: Messages of the people who walk that wait here.
        self.waiting = 0
        self._others = 0
        self._limits, self._ledger, self._share = limits, ledger, share
        self._brand = limits.brands.get(sender.brand_id) if sender.brand_id else None
        self._lanes: dict[ZoneInfo, Lane] = {}
        self._later: list[Letter] = []
        self._free_at = max(sender.rests_until or begins, begins)
        self._used, self._sent_today, self._climbed = sender.used, sender.used, sender.climbed
        self._today = begins.astimezone(limits.home).date()
        self._day_ends = wall(self._today + timedelta(days=1), 0, limits.home)
        self._capped_since: datetime | None = None
        self._paced_since: datetime | None = None
        self._paced_most = 0
        self._stopped_since: datetime | None = None

    @property
    def standing(self) -> Share:
        """How it stands among others of a pool."""
        rate = a_day(self._cap, self.sender.per_minute, self.sender.gap_seconds) * self.sender.health
        return Share(self.sender.id, rate, self._used + self.waiting + self._others)

    @property
    def _cap(self) -> int | None:
        return least(self.sender.cap, self.sender.warmup, self._climbed)

    def put(self, letter: Letter, at: datetime) -> None:
        """A message waits here from now on. Whoever puts some in tells the ledger of all of them."""
        if letter.person is None:
            self._others += 1
        else:
            letter.person.post = self
            self.waiting += 1
        self._put(letter, at)

    def drop(self, person: Person, at: datetime) -> None:
        """They need no message any more."""
        person.post = None
        self.waiting -= 1
        self._ledger.queue(self, -1, at)

    def look(self, at: datetime) -> Look:
        """Let go what may leave now."""
        looked = Look([], [])
        before = self.waiting
        if at >= self._day_ends:
            self._begin_day(at)
        while self._later and self._later[0].due <= at:
            self._put(heappop(self._later), at)
        if self.sender.stopped:
            self._stopped_since = self._stopped_since or at
            self.next_at = None
            return looked
        open_lanes = self._take(looked, at) if at >= self._free_at else self._open_lanes(at)
        self._plan_next(open_lanes, at)
        if before != self.waiting:
            self._ledger.queue(self, self.waiting - before, at)
        return looked

    def close(self, at: datetime) -> None:
        """Nothing moves any more: what still waits never goes."""
        self._settle_cap()
        self._settle_pace(at)
        if self.sender.stopped:
            self._ledger.hold(self, self.sender.stopped, self.waiting, self._stopped_since or at, None)

    def _put(self, letter: Letter, at: datetime) -> None:
        if letter.due > at:
            heappush(self._later, letter)
            return
        lane = self._lanes.get(letter.zone)
        if lane is None:
            lane = self._lanes[letter.zone] = Lane(self.sender.hours, letter.zone)
        lane.put(letter)

    def _begin_day(self, at: datetime) -> None:
        """Midnight of the organization has passed: the cap is new, the warm-up may have climbed."""
        self._settle_cap()
        self._settle_pace(at)
        self._climbed += bool(self._sent_today)
        self._used = self._sent_today = 0
        self._today = at.astimezone(self._limits.home).date()
        self._day_ends = wall(self._today + timedelta(days=1), 0, self._limits.home)

    def _settle_cap(self) -> None:
        if self._capped_since is not None:
            self._ledger.hold(self, CAP, self.waiting, self._capped_since, self._day_ends)
            self._capped_since = None

    def _settle_pace(self, at: datetime) -> None:
        if self._paced_since is not None:
            self._ledger.hold(self, PACE, self._paced_most, self._paced_since, at)
            self._paced_since, self._paced_most = None, 0

    def _open_lanes(self, at: datetime) -> list[Lane]:
        """Lanes where somebody waits whose hours are open; what others hold is told."""
        found: list[Lane] = []
        for lane in self._lanes.values():
            if not len(lane):
                continue
            until = lane.closed_until(at)
            if until is None:
                found.append(lane)
            elif lane.fresh:
                ends = None if until == NEVER else until
                self._ledger.hold(self, lane.refusal(at), min(lane.fresh, len(lane)), at, ends)
                lane.fresh = 0
        return found

    def _take(self, looked: Look, at: datetime) -> list[Lane]:
        """Take what cap and pace allow, in the order of turns; the open lanes where some are left."""
        lanes = self._open_lanes(at)
        cap = self._cap
        most = min(self.sender.burst, self.sender.burst if cap is None else max(cap - self._used, 0))
        turns = [(lane.turn, place, lane) for place, lane in enumerate(lanes)]
        heapify(turns)
        taken, last = 0, None
        while turns and taken < most:
            _, place, lane = heappop(turns)
            # Mostly the first lane has many turns before the next one has its first.
            others = turns[0][0] if turns else None
            while len(lane) and taken < most and (others is None or lane.turn <= others):
                letter = lane.take()
                if self._goes(letter, looked, at):
                    taken, last = taken + 1, letter.person
            if len(lane):
                heappush(turns, (lane.turn, place, lane))
        if taken:
            self._used += taken
            self._sent_today += taken
            share = self._share(last) if last and self.sender.gap_jitter else 0.5
            self._free_at = at + self.sender.pause_after(taken, share)
        return [lane for _, _, lane in turns]

    def _goes(self, letter: Letter, looked: Look, at: datetime) -> bool:
        """Whether this message leaves now; what a gate refuses is put off, or ended."""
        person = letter.person
        if person is None:
            self._others -= 1
            return self._fits(letter, at)
        if person.post is not self:
            return False
        if gate := person.reach.refused.get(self.sender.medium):
            person.post = None
            self.waiting -= 1
            looked.refused.append((person, gate))
            return False
        if self._is_put_off(letter, person, at) or not self._fits(letter, at):
            return False
        person.post = None
        self.waiting -= 1
        if self._limits.budget.is_set:
            self._limits.budget.note(person, at)
        looked.sent.append(person)
        return True

    def _is_put_off(self, letter: Letter, person: Person, at: datetime) -> bool:
        gate, until = person.reach.spared.get(self.sender.medium, ("", at))
        if gate and until is None:
            self._ledger.hold(self, gate, 1, at, None)
            return True
        if self._limits.budget.is_set and (until is None or until <= at):
            gate, until = FREQUENCY, self._limits.budget.until(person, at)
        if until is None or until <= at:
            return False
        self._put_off(letter, gate, at, until)
        return True

    def _fits(self, letter: Letter, at: datetime) -> bool:
        """Whether the brand has so many segments left today; they are used then."""
        if self._brand is None:
            return True
        if letter.segments > self._brand.room(self._today):
            self._others += letter.person is None
            self._put_off(letter, SEGMENTS, at, self._day_ends)
            return False
        self._brand.used += letter.segments
        return True

    def _put_off(self, letter: Letter, gate: str, at: datetime, until: datetime) -> None:
        heappush(self._later, letter._replace(due=until))
        if letter.person is not None:
            self._ledger.hold(self, gate, 1, at, until)

    def _plan_next(self, open_lanes: list[Lane], at: datetime) -> None:
        """When to look again by itself."""
        is_full = self._cap is not None and self._used >= self._cap
        moments = [self._later[0].due] if self._later else []
        moments += [until for lane in self._lanes.values() if len(lane) and (until := lane.closed_until(at))]
        if open_lanes and not is_full:
            self._note_pace(at)
            moments.append(self._free_at)
        else:
            self._settle_pace(at)
        moments = [one for one in moments if one != NEVER]
        if is_full and open_lanes:
            self._capped_since = self._capped_since or at
            moments.append(self._day_ends)
        if is_full:
            moments = [max(one, self._day_ends) for one in moments]
        self.next_at = max(min(moments), self._free_at) if moments else None

    def _note_pace(self, at: datetime) -> None:
        self._paced_since = self._paced_since or at
        self._paced_most = max(self._paced_most, self.waiting)
