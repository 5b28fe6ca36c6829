"""The engine's promise as a model in memory: one person at a time, by the pure step and the rules of leaving alone.

`tests/campaigns/test_any_journey.py` holds the set-based engine against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.campaigns.advancing.sending import NO_ADDRESS
from loumass.funnels import decisions as d
from loumass.funnels.exits import exit_after
from loumass.funnels.facts import Facts, MessageOutcome
from loumass.funnels.graph import Graph
from loumass.funnels.kinds.set_status import SetStatus
from loumass.funnels.kinds.stage import EnterStage
from loumass.funnels.kinds.tag import AddTag, RemoveTag
from loumass.funnels.step import decide

HELD = {"settlement": "in_doubt", "event": "no_event"}
ASKED_AGAIN = timedelta(minutes=5)
OUTCOMES = {
    "queued": MessageOutcome.PENDING, "sent": MessageOutcome.SENT, "failed": MessageOutcome.FAILED,
    "cancelled": MessageOutcome.CANCELLED, "in_doubt": MessageOutcome.IN_DOUBT,
}  # fmt: skip


@dataclass
class Journey:
    """One person in one campaign, and everything that was ever told of them."""

    graph: Graph
    id: UUID
    media: tuple[str, ...]
    zone: ZoneInfo
    event_at: datetime | None
    event_zone: ZoneInfo
    company: str
    exits_on_reply: bool
    due_at: datetime | None
    state: str = "active"
    reason: str | None = None
    waits_for: str = ""
    node: UUID | None = None
    entered_at: datetime | None = None
    stage: str = ""
    status: str = "No Activity"
    tags: frozenset[str] = frozenset()
    replied_at: datetime | None = None
    last_sent_at: datetime | None = None
    sent_at: dict[str, datetime] = field(default_factory=dict)
    message: str | None = None
    path: list[str] = field(default_factory=list)

    def advance(self, now: datetime) -> None:
        """Walk on when it is time."""
        if self.state not in ("active", "waiting") or self.due_at is None or self.due_at > now:
            return
        if self.node is None:
            self._enter(self.graph.start, now)
        while self._decide(now):
            pass

    def outcome(self, state: str, now: datetime) -> None:
        """The message of the step where they stand came to `state`."""
        self.message = state
        if state == "sent" and self.node is not None:
            self.last_sent_at = self.sent_at[self.graph.node(self.node).key] = now
            if self.status == "No Activity":
                self.status = "Messaged"
        if self.state == "waiting" or (self.state == "held" and self.waits_for == "settlement"):
            self._wake(now)

    def reply(self, now: datetime) -> None:
        """A person answered."""
        self.replied_at = now
        self.mark("Needs BDR", now)
        if self.state == "ended" or self.node is None:
            return
        if exit_after(self.graph, self.node, "replied", exits_on_reply=self.exits_on_reply):
            self.end("replied")
        elif self.state == "waiting" and self.waits_for == "replied":
            self._wake(now)

    def mark(self, status: str, now: datetime) -> None:
        """A status was set by hand."""
        changed, self.status = self.status != status, status
        if changed and self.state == "waiting" and self.waits_for == "status":
            self._wake(now)

    def hold(self) -> None:
        """Somebody holds them."""
        if self.state in ("active", "waiting"):
            self.state, self.reason, self.due_at, self.waits_for = "held", "by_hand", None, "person"

    def release(self, now: datetime) -> None:
        """Somebody lets them go on."""
        if self.state == "held" and self.waits_for != "settlement":
            self._wake(now)

    def end(self, reason: str) -> None:
        """They leave, wherever they stand."""
        if self.state != "ended":
            self.path.append(reason)
            self._stay("ended", reason)
            self.message = "cancelled" if self.message == "queued" else self.message

    def as_written(self) -> tuple[Any, ...]:
        """What the database must say of them."""
        return (
            self.node,
            self.state,
            self.reason,
            self.due_at,
            self.stage,
            self.status,
            self.message,
            tuple(self.path),
        )

    def _decide(self, now: datetime) -> bool:
        """One decision; True when they stand at another step now."""
        assert self.node is not None
        node = self.graph.node(self.node)
        decision = decide(node, self._facts(), now)
        if isinstance(decision, EnterStage):
            self.stage = decision.stage
        elif isinstance(decision, SetStatus):
            self.status = decision.status
        elif isinstance(decision, AddTag):
            self.tags |= {decision.tag}
        elif isinstance(decision, RemoveTag):
            self.tags = frozenset(tag for tag in self.tags if tag.lower() != decision.tag.lower())
        if self._rests(decision, now):
            return False
        if isinstance(decision, d.Send):
            return self._leave(d.Go(d.FAILED, or_else=d.NEXT), NO_ADDRESS[decision.medium], now)
        way = d.branch_taken(decision)
        assert way is not None
        was_cancelled = self.message == "cancelled" and node.kind.endswith("_send")
        return self._leave(way, "skipped: cancelled" if was_cancelled else way.branch, now)

    def _rests(self, decision: d.Decision, now: datetime) -> bool:
        if isinstance(decision, d.Send):
            if decision.medium not in self.media:
                return False
            self.message = "queued"
            self._stay("waiting", None, waits_for="message")
        elif isinstance(decision, d.WaitUntil):
            self._stay("waiting", None, decision.at, "until")
        elif isinstance(decision, d.End):
            self.end(decision.reason)
        elif isinstance(decision, d.WaitFor) and decision.what in HELD:
            self._stay("held", HELD[decision.what], waits_for=decision.what)
        elif isinstance(decision, d.WaitFor):
            until = decision.until
            if decision.what in ("tag", "field", "rule") and until is not None:
                until = min(until, now + ASKED_AGAIN)
            self._stay("waiting", None, until, decision.what)
        else:
            return False
        return True

    def _stay(
        self, state: str, reason: str | None, due_at: datetime | None = None, waits_for: str = ""
    ) -> None:
        self.state, self.reason, self.due_at, self.waits_for = state, reason, due_at, waits_for

    def _leave(self, way: d.Go, outcome: str, now: datetime) -> bool:
        assert self.node is not None
        self.path.append(outcome)
        target = self.graph.follow(self.node, way)
        if target is None:
            self._stay("ended", "finished")
            return False
        self._enter(target, now)
        return True

    def _enter(self, target: UUID | None, now: datetime) -> None:
        self.node, self.entered_at, self.message = target, now, None
        self._stay("active", None, now)

    def _wake(self, now: datetime) -> None:
        self.state, self.reason, self.due_at = "active", None, now

    def _facts(self) -> Facts:
        assert self.entered_at is not None
        return Facts(
            enrollment_id=self.id, entered_at=self.entered_at, timezone=self.zone, status=self.status, tags=self.tags,
            fields={"company": self.company, "shoe": None}, replied_at=self.replied_at, last_sent_at=self.last_sent_at,
            sent_at=self.sent_at, event_at=self.event_at, event_timezone=self.event_zone,
            message=OUTCOMES[self.message] if self.message else None,
        )  # fmt: skip
