"""The loop: moment after moment, everybody who is due is decided on, and every sender lets go what its limits allow.

People who are alike at a step are decided on together, and who is due at one moment stands in one bucket; so the work
grows with what differs. Nothing takes time but waiting: a step is entered, and a message planned, when the one before is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from typing import Any
from uuid import UUID

from loumass.contacts.rules.predicate import NotKnown
from loumass.funnels.decisions import TIMEOUT, Decision, Go
from loumass.funnels.facts import MessageOutcome
from loumass.funnels.graph import Graph
from loumass.funnels.kinds.assign import AssignConfig
from loumass.funnels.kinds.base import Kind
from loumass.funnels.kinds.end import FINISHED
from loumass.funnels.kinds.split import SplitConfig
from loumass.funnels.kinds.split_trial import Trial
from loumass.funnels.simulating import carrying, goals, hearing
from loumass.funnels.simulating.carrying import Assumed
from loumass.funnels.simulating.chances import Chances
from loumass.funnels.simulating.ledger import Ledger
from loumass.funnels.simulating.mailing import Mail
from loumass.funnels.simulating.people import Person, alike_among
from loumass.funnels.simulating.posting import Post
from loumass.funnels.simulating.senders import Limits, Sender
from loumass.funnels.simulating.stops import Stop, Stops
from loumass.funnels.simulating.trying import Before, Trying
from loumass.funnels.simulating.turns import Turns

#: So many steps are taken for each person at most: a funnel may go round for years.
MOST_STEPS = 200
#: After so many steps it is told how far it is.
_TOLD_AFTER = 20_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is simulated. `senders`: by medium, the pool's first one first. `segments`: of a text, by node id.

    `chooses` may take somebody another way than their step says (`by_hand.py`).
    """

    graph: Graph
    begins: datetime
    ends: datetime
    limits: Limits
    chances: Chances
    senders: Mapping[str, Sequence[Sender]] = field(default_factory=dict)
    exits_on_reply: bool = True
    assumed: Assumed = field(default_factory=Assumed)
    segments: Mapping[UUID, int] = field(default_factory=dict)
    #: What a step needs of people beside its medium, by node id, as `Reach.unplanned` calls it.
    needs: Mapping[UUID, str] = field(default_factory=dict)
    chooses: Callable[[Stop, Person, Decision, datetime], Decision] | None = None
    #: How trials of splits stand, by node id.
    trials: Mapping[UUID, Before] = field(default_factory=dict)
    #: How many turns were taken at steps that give people out in turn, by node id.
    turns: Mapping[UUID, int] = field(default_factory=dict)
    #: Steps of older versions that somebody finishes on, and which version each is of.
    older: Mapping[UUID, int] = field(default_factory=dict)
    #: The campaign's event: goals about it are asked when its time has come.
    event_at: datetime | None = None


@dataclass(slots=True)
class Moment:
    """What happens at one moment."""

    due: defaultdict[Stop, list[Person]] = field(default_factory=lambda: defaultdict(list))
    news: list[tuple[str, Person, str]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    begins: list[Person] = field(default_factory=list)
    #: Goals that time alone may fulfil now.
    goals: list[Stop] = field(default_factory=list)


class Simulation:
    """One run. Put people in with `begin`, `stand` and `await_message`; then `run`."""

    def __init__(self, plan: Plan, ledger: Ledger) -> None:
        self.plan, self.ledger, self.now = plan, ledger, plan.begins
        self.stops = Stops(plan.graph, exits_on_reply=plan.exits_on_reply, older=plan.older)
        self.people = self.left = self.steps = 0
        #: Told now and then: how many have left, and the moment. May raise to stop.
        self.tells: Callable[[int, datetime], None] = lambda left, now: None
        #: Whether it stopped before everybody rested: its end was reached, or a funnel goes round for ever.
        self.is_cut = False
        self._moments: dict[datetime, Moment] = {}
        self._ahead: list[datetime] = []
        self._standing: dict[Stop, list[Person]] = {}
        self._trying = {
            stop: Trying(stop.config, plan.trials.get(stop.node.id, Before()), plan.limits.home)
            for stop in self.stops.by_id.values()
            if isinstance(stop.config, SplitConfig) and stop.config.winner != "none"
        }
        self._turns = {
            stop: Turns(stop.node.id, stop.config, plan.turns.get(stop.node.id, 0))
            for stop in self.stops.by_id.values()
            if isinstance(stop.config, AssignConfig)
        }
        self._tell_at, self._most = 0, MOST_STEPS
        self.mail = Mail(self, plan.senders)
        #: Everybody, where a goal may be fulfilled by time alone; else nobody.
        self._everybody: list[Person] | None = [] if goals.look_ahead(self) else None

    def begin(self, person: Person, at: datetime) -> None:
        """They come in at the first step, at this moment."""
        self._count(person)
        self.at(max(at, self.now)).begins.append(person)

    def stand(self, person: Person, node_id: UUID, due_at: datetime | None, waits_for: str = "") -> None:
        """They stand at a step and are decided on at `due_at`; None: when something happens."""
        self._seat(person, node_id)
        self.rest([person], due_at and max(due_at, self.now), waits_for)
        hearing.draw_reply(self, person)

    def await_message(self, person: Person, node_id: UUID, sender: Sender, due_at: datetime) -> None:
        """Their message of this step waits in a queue already."""
        self._seat(person, node_id)
        person.waits_for = "message"
        self.mail.wait_for(person, sender, due_at)

    def set_aside(self, person: Person, node_id: UUID | None, reason: str) -> None:
        """They are on hold, and stay so; at no step where theirs is not one of this graph."""
        self.people += 1
        stop = self.stops.by_id.get(node_id) if node_id else None
        self._keep(stop, [person], reason)

    def gone(self, person: Person, reason: str) -> None:
        """They leave before anything happens."""
        self.people += 1
        self.end(person, reason)

    def go_on(self, person: Person, node_id: UUID, outcome: MessageOutcome) -> None:
        """Their message of this step has come to its end, and nobody has told them yet."""
        stop = self._seat(person, node_id)
        if goals.without_reached(self, [person]):
            self.mail.settle(stop, [person], outcome)

    def _seat(self, person: Person, node_id: UUID) -> Stop:
        self._count(person)
        person.stop = stop = self.stops[node_id]
        self.ledger.found(stop, person, self.now)
        return stop

    def _count(self, person: Person) -> None:
        self.people += 1
        if self._everybody is not None:
            self._everybody.append(person)

    def run(self) -> Ledger:
        """Walk until everybody rests for good, or the end is reached."""
        self.at(self.now)
        self._most = MOST_STEPS * max(self.people, 1_000)
        while self._ahead:
            self.now = heappop(self._ahead)
            if self.now > self.plan.ends or self.steps > self._most:
                self.is_cut = True
                break
            self._happen(self._moments.pop(self.now))
        self.is_cut = self.is_cut or self.steps > self._most
        self.mail.close()
        return self.ledger

    def leave(self, stop: Stop, people: list[Person], way: Go, outcome: str = "") -> None:
        """They leave the step, and stand at the one that the way leads to."""
        self.ledger.left(stop, people, outcome or way.branch, self.now)
        target = self.stops.follow(stop, way)
        if target is None:
            for person in people:
                self.end(person, FINISHED)
        else:
            self._enter(target, people)

    def end(self, person: Person, reason: str) -> None:
        """They leave the campaign, wherever they stand."""
        if person.is_over:
            return
        if person.post is not None:
            person.post.drop(person, self.now)
        person.is_over, person.wake_at, person.waits_for = True, None, ""
        self.left += 1
        self.ledger.finished(person, reason, self.now)

    def rest(self, people: list[Person], until: datetime | None, waits_for: str) -> None:
        """They stay where they are until a moment, or until something happens."""
        due = self.at(max(until, self.now)).due if until is not None else None
        for person in people:
            person.wake_at, person.waits_for = until, waits_for
            if due is not None and person.stop is not None:
                due[person.stop].append(person)

    def hold(self, stop: Stop, people: list[Person], reason: str) -> None:
        """They stay until a person decides, which nobody does here."""
        self._keep(stop, people, reason)

    def _keep(self, stop: Stop | None, people: list[Person], reason: str) -> None:
        for person in people:
            person.stop, person.wake_at, person.waits_for = stop, None, "person"
            self.ledger.stuck(stop, person, reason, self.now)

    def decide_again(self, person: Person) -> None:
        """Something happened that they wait for."""
        if person.stop is not None:
            person.wake_at = None
            self._stand(person.stop, [person])

    def assume(self, stop: Stop, people: list[Person], expires_at: datetime | None = None) -> None:
        """Only people or vendors know: after the assumed time they leave by the assumed ways, and by `timeout` when the step
        gives up, at `expires_at`."""
        until = people[0].entered_at + self.plan.assumed.after
        waiting = [person for person in people if person.waits_for != "assumed"]
        self.ledger.was_assumed(stop, len(waiting))
        if until > self.now:
            self.rest(people, until, "assumed")
            return
        ways: defaultdict[Go, list[Person]] = defaultdict(list)
        for person in people:
            draw = self.plan.chances.outcome(person.id, stop.node.id, person.visits)
            ways[self.plan.assumed.way(stop, draw)].append(person)
        for way, alike in ways.items():
            if way.branch == TIMEOUT and expires_at is not None and expires_at > self.now:
                self.rest(alike, expires_at, "assumed")
            else:
                self.leave(stop, alike, way)

    def _happen(self, moment: Moment) -> None:
        """Everything of one moment, until nobody walks and nothing leaves."""
        for what, person, key in moment.news:
            hearing.hear(self, what, person, key)
        if moment.goals and self._everybody:
            self._everybody = [person for person in self._everybody if not person.is_over]
            hearing.hear_of_the_event(self, self._everybody, moment.goals)
        if moment.begins:
            self._begin(moment.begins)
        for stop, people in moment.due.items():
            self._wake(stop, goals.without_reached(self, self._woken(stop, people)))
        self.mail.wake(moment.posts)
        # A loop that takes no time ends as one that goes round for ever does.
        while (self._standing or self.mail.go()) and self.steps <= self._most:
            while self._standing and self.steps <= self._most:
                stop = next(iter(self._standing))
                people = goals.without_reached_on_the_way(self, self._standing.pop(stop))
                if people:
                    self._decide(stop, people)
        self._tell()

    def _woken(self, stop: Stop, people: list[Person]) -> list[Person]:
        """Those who are still there for that, each once."""
        found: list[Person] = []
        for person in people:
            if person.wake_at == self.now and person.stop is stop:
                person.wake_at = None
                found.append(person)
        return found

    def _wake(self, stop: Stop, people: list[Person]) -> None:
        """Who waited for nothing but this moment goes on; the others are decided on."""
        others: list[Person] = []
        is_due: list[Person] = []
        for person in people:
            (is_due if stop.leaves_when_due and person.waits_for == "until" else others).append(person)
        if is_due:
            self.leave(stop, is_due, Go())
        self._stand(stop, others)

    def _begin(self, people: list[Person]) -> None:
        if (start := self.stops.start) is not None:
            self._arrive(start, people)
            self._stand(start, goals.without_reached(self, people))

    def _enter(self, stop: Stop, people: list[Person]) -> None:
        self._arrive(stop, people)
        self._stand(stop, people)

    def _arrive(self, stop: Stop, people: list[Person]) -> None:
        now = self.now
        for person in people:
            person.stop, person.entered_at, person.wake_at, person.waits_for = stop, now, None, ""
            person.visits += 1
        self.ledger.arrived(stop, people, now)

    def _stand(self, stop: Stop, people: list[Person]) -> None:
        if people:
            self.steps += len(people)
            standing = self._standing.get(stop)
            if standing is None:
                self._standing[stop] = people
            else:
                self._standing[stop] = standing + people

    def _decide(self, stop: Stop, people: list[Person]) -> None:
        if stop.kind is None:
            return self.hold(stop, people, "unreadable")
        if stop.medium is not None:
            return self.mail.write(stop, people)
        if (one_by_one := self._trying.get(stop) or self._turns.get(stop)) is not None:
            for person, here in one_by_one.of(people, self.now):
                self._decide_alike(stop, stop.kind, [person], here)
            return None
        are_alike = stop.is_alike and self.plan.chooses is None
        for alike in alike_among(people) if are_alike else [[person] for person in people]:
            self._decide_alike(stop, stop.kind, alike)
        return None

    def _decide_alike(self, stop: Stop, kind: Kind[Any], people: list[Person], own: Any = None) -> None:
        known = people[0].known.own
        try:
            facts = people[0].facts(own=own or (known.get(stop.node.id) if known else None))
            decision = kind.decide(stop.node, stop.config, facts, self.now)
        except (ValueError, NotKnown):
            return self.hold(stop, people, "unreadable")
        if self.plan.chooses is not None:
            decision = self.plan.chooses(stop, people[0], decision, self.now)
        if isinstance(own, Trial) and own.is_tried and isinstance(decision, Go):
            self._trying[stop].took(people[0], decision.branch, self.now)
        self.ledger.decided(stop, people, decision, self.now)
        return carrying.carry(self, stop, people, decision)

    def at(self, at: datetime) -> Moment:
        """What happens at this moment, to be added to."""
        found = self._moments.get(at)
        if found is None:
            found = self._moments[at] = Moment()
            heappush(self._ahead, at)
        return found

    def _tell(self) -> None:
        if self.steps >= self._tell_at:
            self._tell_at = self.steps + _TOLD_AFTER
            self.tells(self.left, self.now)
