"""The engine's promise as a model in memory: one person at a time, by the pure step and the rules of leaving alone.

`tests/campaigns/test_any_journey.py` holds the set-based engine against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.campaigns.advancing.repeating import HAD_IT
from loumass.campaigns.advancing.sending import NO_ADDRESS, PAST_DUE
from loumass.campaigns.changing.choices import KEEP, SPREAD, Timing
from loumass.campaigns.walked import united
from loumass.funnels import decisions as d
from loumass.funnels.exits import exit_after
from loumass.funnels.facts import CallOutcome, Facts, MessageOutcome, TaskOutcome
from loumass.funnels.graph import Graph, settings_of
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.condition import is_asked_again
from loumass.funnels.kinds.set_field import SetField
from loumass.funnels.kinds.set_status import SetStatus
from loumass.funnels.kinds.stage import EnterStage
from loumass.funnels.kinds.tag import AddTag, RemoveTag
from loumass.funnels.step import decide
from tests.campaigns.drawn import DAYS_OFF

HELD = {"settlement": "in_doubt", "event": "no_event"}
ASKED_AGAIN = timedelta(minutes=5)
STANDING_STILL = ("away", "turn")
HAD = ("queued", "sending", "sent", "in_doubt")
MESSAGES = {
    "queued": MessageOutcome.PENDING, "sent": MessageOutcome.SENT, "failed": MessageOutcome.FAILED,
    "cancelled": MessageOutcome.CANCELLED, "in_doubt": MessageOutcome.IN_DOUBT,
}  # fmt: skip
CALLS = {
    "queued": CallOutcome.PENDING, "delivered": CallOutcome.DELIVERED, "failed": CallOutcome.FAILED,
    "cancelled": CallOutcome.FAILED,
}  # fmt: skip


class Course:
    """What all walk on: the graph that runs, the older versions of it, the event, and who skips which step once."""

    def __init__(self, live: Graph, exits_on_reply: bool, event_at: datetime | None) -> None:
        self.exits_on_reply, self.event_at = exits_on_reply, event_at
        self.event_zone = ZoneInfo("Europe/Berlin")
        self.skips: dict[UUID, datetime] = {}
        self.take(live, [])

    def take(self, live: Graph, older: list[Graph]) -> None:
        """A change was applied."""
        self.live, self.older = live, older
        self.graph = united(live, older)

    def version(self, node_id: UUID | None) -> Graph:
        """The graph of the version where somebody stands."""
        return next((one for one in self.older if node_id in one), self.live)


@dataclass
class Said:
    """A message that was planned for somebody at a step."""

    key: str
    node_id: UUID
    planned_at: datetime
    state: str = "queued"
    reason: str = "cancelled"


@dataclass
class Journey:
    """One person in one campaign, and everything that was ever told of them."""

    course: Course
    id: UUID
    contact_id: UUID
    media: tuple[str, ...]
    zone: ZoneInfo
    due_at: datetime | None
    fields: dict[str, str | None]
    state: str = "active"
    reason: str | None = None
    waits_for: str = ""
    node: UUID | None = None
    entered_at: datetime | None = None
    stage: str = ""
    status: str = "No Activity"
    is_catching_up: bool = False
    tags: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()
    replied_at: datetime | None = None
    last_sent_at: datetime | None = None
    sent_at: dict[str, datetime] = field(default_factory=dict)
    opened_at: dict[str, datetime] = field(default_factory=dict)
    clicked_at: dict[str, datetime] = field(default_factory=dict)
    message: Said | None = None
    task: tuple[str, str | None] | None = None
    call: str | None = None
    path: list[str] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    came: list[tuple[str, datetime]] = field(default_factory=list)

    def advance(self, now: datetime) -> None:
        """Walk on when it is time."""
        if self.state not in ("active", "waiting") or self.due_at is None or self.due_at > now:
            return
        if self.node is None:
            self._enter(self.course.live.start, now)
        if self._has_reached_a_goal(now):
            return
        while self._decide(now):
            pass

    def outcome(self, state: str, now: datetime) -> None:
        """The message of the step where they stand came to `state`."""
        assert self.message is not None
        self.message.state = state
        if state == "sent":
            self.last_sent_at = self.sent_at[self.message.key] = now
            if self.status == "No Activity":
                self.status = "Messaged"
        if self.state == "waiting" or (self.state == "held" and self.waits_for == "settlement"):
            self._go_on(now)

    def reply(self, now: datetime) -> None:
        """A person answered."""
        self.replied_at = now
        self.mark("Needs BDR", now)
        here = self.node or self.course.live.start
        if self.state == "ended" or here is None:
            return
        if exit_after(self.course.graph, here, "replied", exits_on_reply=self.course.exits_on_reply):
            self.end("replied")
        else:
            self.wake(now, "replied", "away")

    def read(self, what: str, now: datetime) -> None:
        """They opened the latest message that left, or clicked in it."""
        last = max((one for one in self.said if one.state == "sent"), key=lambda one: self.sent_at[one.key])
        for moments in (self.opened_at, self.clicked_at)[: 1 if what == "opened" else 2]:
            for key in ("", last.key):
                moments.setdefault(key, now)
        self.wake(now, "opened", *(["clicked"] if what == "clicked" else []))

    def mark(self, status: str, now: datetime) -> None:
        """A status was set by hand."""
        changed, self.status = self.status != status, status
        if changed:
            self.wake(now, "status")

    def wake(self, now: datetime, *tests: str) -> None:
        """News that they wait for, or that may let them reach a goal."""
        has_goals = any(KINDS[one.kind].is_everywhere for one in self.course.version(self.node).nodes)
        is_for_goals = has_goals and self.waits_for not in STANDING_STILL
        if self.state == "waiting" and (self.waits_for in (*tests, "rule") or is_for_goals):
            self._go_on(now)

    def wake_for_goals(self, now: datetime) -> None:
        """What a goal may ask for has changed; questions that wait look by themselves."""
        has_goals = any(KINDS[one.kind].is_everywhere for one in self.course.version(self.node).nodes)
        if self.state == "waiting" and has_goals and self.waits_for not in STANDING_STILL:
            self._go_on(now)

    def wake_for_event(self, now: datetime) -> None:
        """The event is at another time."""
        if self.state == "held" and self.waits_for == "event":
            self._go_on(now)
        if self.state != "waiting" or self.waits_for in STANDING_STILL or self.node is None:
            return
        version = self.course.version(self.node)
        concerned = [version.node(self.node), *(one for one in version.nodes if one.kind == "goal")]
        if any(_is_about_the_event(one.kind, one.config) for one in concerned):
            self._go_on(now)

    def hold(self) -> None:
        """Somebody holds them."""
        if self.state in ("active", "waiting"):
            self._stay("held", "by_hand", waits_for="person", is_moved=False)

    def release(self, now: datetime) -> None:
        """Somebody lets them go on."""
        if (self.state == "held" and self.waits_for != "settlement") or (
            self.state == "waiting" and self.waits_for == "away"
        ):
            self._go_on(now)

    def park(self, until: datetime) -> None:
        """They are away until then."""
        if self.state in ("active", "waiting") and self.due_at is not None and self.due_at < until:
            self._stay("waiting", None, until, "away", is_moved=False)

    def move(self, target: UUID, now: datetime) -> None:
        """Their step went, and they come to another one."""
        self.path.append("moved")
        if self.message is not None and self.message.state == "queued":
            self.message.state = "cancelled"
        stays = self.waits_for in ("person", "away")
        kept = (self.state, self.reason, self.due_at, self.waits_for)
        self._enter(target, now)
        if stays:
            self.state, self.reason, self.due_at, self.waits_for = kept

    def retime(self, timing: Timing, now: datetime) -> None:
        """The step where they stand has other settings: who waits for a time waits for another one, the others are asked anew.

        Whose turn comes within some hours has no time until it is looked up: `due_at` is None then.
        """
        is_asked = self.state == "waiting" and self.waits_for not in ("until", "message", *STANDING_STILL)
        if is_asked or (self.state == "held" and self.waits_for == "event"):
            self._go_on(now)
        if self.state != "waiting" or self.waits_for != "until" or self.due_at is None:
            return
        at, was = self._whole_time(), _minute(self.due_at)
        if at == was or (at < was and timing.what == KEEP):
            return
        self.due_at = at
        if at < was and at <= now and timing.what == SPREAD:
            self.due_at, self.waits_for = None, "turn"

    def _whole_time(self) -> datetime:
        """When the wait where they stand ends, counted from when they came."""
        assert self.node is not None
        assert self.entered_at is not None
        came, sent = _minute(self.entered_at), self.last_sent_at and _minute(self.last_sent_at)
        facts = replace(self._facts(), entered_at=came, last_sent_at=sent)
        decision = decide(self.course.graph.node(self.node), facts, came)
        return _minute(decision.at) if isinstance(decision, d.WaitUntil) else came

    def end(self, reason: str) -> None:
        """They leave, wherever they stand."""
        if self.state != "ended":
            self.path += [reason] if self.node is not None else []
            self._stay("ended", reason, is_moved=False)
            for one in self.said:
                one.state = "cancelled" if one.state == "queued" else one.state

    def as_written(self) -> tuple[Any, ...]:
        """What the database must say of them."""
        state = self.message.state if self.message else None
        return (
            self.node, self.state, self.reason, self.due_at, self.stage, self.status, state, tuple(self.path),
        )  # fmt: skip

    def _has_reached_a_goal(self, now: datetime) -> bool:
        for node in self.course.version(self.node).nodes:
            if KINDS[node.kind].is_everywhere and isinstance(decide(node, self._facts(), now), d.End):
                self.end("goal")
                return True
        return False

    def _decide(self, now: datetime) -> bool:
        """One decision; True when they stand at another step now."""
        assert self.node is not None
        node = self.course.graph.node(self.node)
        decision = decide(node, self._facts(), now)
        self._carry_out(decision)
        if isinstance(decision, d.Send):
            return self._send(decision, now)
        if self._rests(decision, now):
            return False
        way = d.branch_taken(decision)
        assert way is not None
        was_cancelled = self.message is not None and self.message.state == "cancelled"
        outcome = f"skipped: {self.message.reason}" if self.message and was_cancelled else way.branch
        return self._leave(way, outcome, now)

    def _carry_out(self, decision: d.Decision) -> None:
        if isinstance(decision, EnterStage):
            self.stage = decision.stage
        elif isinstance(decision, SetStatus):
            self.status = decision.status
        elif isinstance(decision, AddTag):
            self.tags |= {decision.tag}
        elif isinstance(decision, RemoveTag):
            self.tags = frozenset(tag for tag in self.tags if tag.lower() != decision.tag.lower())
        elif isinstance(decision, SetField):
            self.fields[decision.field] = decision.value

    def _send(self, decision: d.Send, now: datetime) -> bool:
        assert self.node is not None
        key = self.course.graph.node(self.node).key
        skipped = d.Go(d.FAILED, or_else=d.NEXT)
        if self.is_catching_up:
            return self._leave(skipped, PAST_DUE, now)
        if self._had_before(key):
            return self._leave(d.Go(), HAD_IT, now)
        if decision.medium not in self.media:
            return self._leave(skipped, NO_ADDRESS[decision.medium], now)
        self.message = Said(key, self.node, now)
        self.said.append(self.message)
        self._stay("waiting", None, waits_for="message")
        return False

    def _had_before(self, key: str) -> bool:
        before = self.course.skips.get(self.node) if self.node else None
        if before is None:
            return False
        had = any(one.key == key and one.planned_at < before and one.state in HAD for one in self.said)
        return had and not any(one == key and at >= before for one, at in self.came[:-1])

    def _rests(self, decision: d.Decision, now: datetime) -> bool:
        if isinstance(decision, d.WaitUntil):
            self._stay("waiting", None, decision.at, "until")
        elif isinstance(decision, d.GiveTask):
            self.task = ("open", None)
            self._stay("waiting", None, decision.until, "task")
        elif isinstance(decision, d.CallOut) and decision.waits:
            self.call = "queued"
            self._stay("waiting", None, None, "call")
        elif isinstance(decision, d.End):
            self.end(decision.reason)
        elif isinstance(decision, d.WaitFor) and decision.what in HELD:
            self._stay("held", HELD[decision.what], waits_for=decision.what)
        elif isinstance(decision, d.WaitFor):
            self._stay("waiting", None, self._asked_again(decision, now), decision.what)
        else:
            return False
        return True

    def _asked_again(self, decision: d.WaitFor, now: datetime) -> datetime | None:
        config = settings_of(self.course.graph.node(self.node)) if self.node else None
        if decision.until is None or not hasattr(config, "test") or not is_asked_again(config):  # pyright: ignore[reportArgumentType]
            return decision.until
        return min(decision.until, now + ASKED_AGAIN)

    def _stay(
        self,
        state: str,
        reason: str | None,
        due_at: datetime | None = None,
        waits_for: str = "",
        *,
        is_moved: bool = True,
    ) -> None:
        self.state, self.reason, self.due_at, self.waits_for = state, reason, due_at, waits_for
        self.is_catching_up = self.is_catching_up and not is_moved

    def _leave(self, way: d.Go, outcome: str, now: datetime) -> bool:
        assert self.node is not None
        self.path.append(outcome)
        target = self.course.graph.follow(self.node, way)
        if target is None:
            self._stay("ended", "finished", is_moved=False)
            return False
        self._enter(target, now)
        return True

    def _enter(self, target: UUID | None, now: datetime) -> None:
        assert target is not None
        self.node, self.entered_at, self.message, self.task, self.call = target, now, None, None, None
        self.came.append((self.course.graph.node(target).key, now))
        self.state, self.reason, self.due_at, self.waits_for = "active", None, now, ""

    def _go_on(self, now: datetime) -> None:
        self.state, self.reason, self.due_at, self.waits_for = "active", None, now, ""

    def _facts(self) -> Facts:
        assert self.entered_at is not None
        course = self.course
        return Facts(
            enrollment_id=self.id, entered_at=self.entered_at, timezone=self.zone, status=self.status, tags=self.tags,
            fields=self.fields, replied_at=self.replied_at, last_sent_at=self.last_sent_at, sent_at=self.sent_at,
            opened_at=self.opened_at, clicked_at=self.clicked_at, event_at=course.event_at, event_timezone=course.event_zone,
            opted_out_at=dict.fromkeys(self.barred, self.entered_at),
            message=MESSAGES[self.message.state] if self.message else None,
            task=TaskOutcome(*self.task) if self.task else None, call=CALLS[self.call] if self.call else None,
            days_off=DAYS_OFF,
        )  # fmt: skip


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _is_about_the_event(kind: str, config: Mapping[str, Any]) -> bool:
    return (kind == "wait" and config.get("mode") == "event") or '"ask": "event"' in str(
        config.get("rule", "")
    ).replace("'", '"')
