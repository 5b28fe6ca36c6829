"""What a node's module says of the people who stand there: who goes, rests, is held, ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from loumass.funnels.decisions import Decision, End, Go, WaitFor, WaitUntil, branch_taken
from loumass.funnels.walking.walker import Walker

#: Waits that only a person (or the provider) can end.
HELD = {"settlement": "in_doubt", "event": "no_event"}


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave by `way`; `outcome` is kept on the step (the branch, or why it was skipped)."""

    way: Go
    outcome: str


@dataclass(frozen=True, slots=True)
class Rest:
    """Stay until `due_at` (None: until news comes). `waiting_for` is what pages read."""

    due_at: datetime | None
    waiting_for: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hold:
    """Stay until a person decides. `reason` is a code (`in_doubt`, `no_channel`, ...)."""

    reason: str
    waiting_for: dict[str, Any]


@dataclass(slots=True)
class Verdict:
    """One entry per enrollment, by id, in exactly one of the four."""

    leave: dict[UUID, Leave] = field(default_factory=dict)
    rest: dict[UUID, Rest] = field(default_factory=dict)
    hold: dict[UUID, Hold] = field(default_factory=dict)
    end: dict[UUID, str] = field(default_factory=dict)

    def take(self, enrollment_ids: Collection[UUID], decision: Decision) -> None:
        """File a pure decision about them that carries nothing out by itself."""
        way = branch_taken(decision)
        if way is not None:
            self.leave |= dict.fromkeys(enrollment_ids, Leave(way, way.branch))
        elif isinstance(decision, End):
            self.end |= dict.fromkeys(enrollment_ids, decision.reason)
        elif isinstance(decision, WaitUntil):
            rest = Rest(decision.at, {"for": "until", "because": decision.because})
            self.rest |= dict.fromkeys(enrollment_ids, rest)
        elif isinstance(decision, WaitFor):
            self._wait(enrollment_ids, decision)
        else:
            raise TypeError(f"{decision} asks for more than moving")

    def _wait(self, enrollment_ids: Collection[UUID], decision: WaitFor) -> None:
        waiting_for = {"for": decision.what, "because": decision.because}
        if decision.what in HELD:
            self.hold |= dict.fromkeys(enrollment_ids, Hold(HELD[decision.what], waiting_for))
        else:
            self.rest |= dict.fromkeys(enrollment_ids, Rest(decision.until, waiting_for))


def everybody_leaves(walkers: Iterable[Walker]) -> Verdict:
    """All of them go on by `next`."""
    return Verdict(leave=dict.fromkeys([walker.id for walker in walkers], Leave(Go(), Go().branch)))
