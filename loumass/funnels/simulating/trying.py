"""A split that looks for the better way, in virtual time: whom it is tried on, and which way then takes the rest.

As `funnels/kinds/split_trial.py` counts it in rows; what was tried before the simulation began is taken along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from loumass.funnels.kinds.split import SplitConfig
from loumass.funnels.kinds.split_trial import Trial
from loumass.funnels.likelihood import Tried, best_of
from loumass.funnels.local_time import moment
from loumass.funnels.simulating.people import Person

#: When nobody of the trial was written to yet, it is looked at again.
_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Before:
    """How a trial stands when the simulation begins: how many it was tried on, since when that is all, what each way got."""

    taken: int = 0
    full_at: datetime | None = None
    winner: str | None = None
    counts: Mapping[str, Tried] = field(default_factory=dict)


class Trying:
    """The trial of one split."""

    def __init__(self, config: SplitConfig, before: Before, home: ZoneInfo) -> None:
        self._config, self._before, self._home = config, before, home
        self._taken, self._full_at, self._winner = before.taken, before.full_at, before.winner
        self._tried: list[tuple[Person, str, datetime]] = []

    def of(self, people: list[Person], now: datetime) -> Iterator[tuple[Person, Trial]]:
        """Each with how they stand to the trial, which goes on or ends by their coming."""
        config = self._config
        if self._winner is None and config.winner == "date" and config.on is not None:
            at = moment(config.on.date(), config.on.time(), self._home)
            here = Trial(is_tried=True) if now < at else self._decided(now)
            return ((person, here) for person in people)
        if self._winner is not None:
            return ((person, Trial(winner=self._winner)) for person in people)
        return self._after_people(people, now)

    def took(self, person: Person, way: str, now: datetime) -> None:
        """Somebody of the trial takes their way."""
        if self._winner is None:
            self._tried.append((person, way, now))

    def _after_people(self, people: list[Person], now: datetime) -> Iterator[tuple[Person, Trial]]:
        room = max(self._config.after_people - self._taken, 0)
        ordered = sorted(people, key=lambda one: one.id)
        self._taken += min(room, len(ordered))
        if self._taken >= self._config.after_people:
            self._full_at = self._full_at or now
        for place, person in enumerate(ordered):
            yield person, Trial(is_tried=True) if place < room else self._later(now)

    def _later(self, now: datetime) -> Trial:
        decides_at = (self._full_at or now) + timedelta(hours=self._config.patience)
        return self._decided(now) if now >= decides_at else Trial(decides_at=decides_at)

    def _decided(self, now: datetime) -> Trial:
        if self._winner is None:
            counts = self._counted()
            if not any(one.people for one in counts.values()):
                return Trial(decides_at=now + _AGAIN)
            self._winner = list(counts)[best_of(list(counts.values()))]
            self._tried.clear()
        return Trial(winner=self._winner)

    def _counted(self) -> dict[str, Tried]:
        """By way: those who were written to since they took it, and of them those who answered since."""
        found = {letter: [0, 0] for letter in self._config.shares}
        for letter, before in self._before.counts.items():
            if letter in found:
                found[letter] = [before.people, before.answers]
        for person, way, since in self._tried:
            if way in found and person.last_sent_at is not None and person.last_sent_at >= since:
                found[way][0] += 1
                found[way][1] += self._has_answered(person, since)
        return {letter: Tried(*counts) for letter, counts in found.items()}

    def _has_answered(self, person: Person, since: datetime) -> bool:
        if self._config.by == "clicks":
            clicks = person.did.clicked_at.values() if person.did is not None else ()
            return any(at >= since for at in clicks)
        return person.replied_at is not None and person.replied_at >= since
