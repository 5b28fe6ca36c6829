"""The loop: moment after moment, everybody who is due is decided on, and every sender lets go what its limits allow.

People who are alike at a step are decided on together, and who is due at one moment stands in one bucket; so the work
grows with what differs. Nothing takes time but waiting: a step is entered, and a message planned, when the one before is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from uuid import UUID

from loumass.funnels.decisions import FAILED, NEXT, Decision, Go
from loumass.funnels.facts import MessageOutcome
from loumass.funnels.graph import Graph
from loumass.funnels.kinds.end import FINISHED
from loumass.funnels.simulating import carrying
from loumass.funnels.simulating.carrying import Assumed
from loumass.funnels.simulating.chances import Chances
from loumass.funnels.simulating.lanes import Letter
from loumass.funnels.simulating.ledger import Ledger
from loumass.funnels.simulating.people import Did, Person
from loumass.funnels.simulating.posting import Post
from loumass.funnels.simulating.senders import Limits, Sender
from loumass.funnels.simulating.stops import Stop, Stops
from loumass.funnels.statuses import Status
from loumass.messages.spreading import spread

#: So many steps are taken for each person at most: a funnel may go round for years.
MOST_STEPS = 200
_SKIPPED = Go(FAILED, or_else=NEXT)
#: After so many steps it is told how far it is.
_TOLD_AFTER = 20_000
#: Who waits for one of these is decided on again when something happens.
_WOKEN = carrying.TOLD - {"message"}


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


@dataclass(slots=True)
class _Moment:
    """What happens at one moment."""

    due: defaultdict[Stop, list[Person]] = field(default_factory=lambda: defaultdict(list))
    news: list[tuple[str, Person, str]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    begins: list[Person] = field(default_factory=list)


class Simulation:
    """One run. Put people in with `begin`, `stand` and `await_message`; then `run`."""

    def __init__(self, plan: Plan, ledger: Ledger) -> None:
        self.plan, self.ledger, self.now = plan, ledger, plan.begins
        self.stops = Stops(plan.graph, exits_on_reply=plan.exits_on_reply)
        self.people = self.left = self.steps = 0
        #: Told now and then: how many have left, and the moment. May raise to stop.
        self.tells: Callable[[int, datetime], None] = lambda left, now: None
        #: Whether it stopped before everybody rested: its end was reached, or a funnel goes round for ever.
        self.is_cut = False
        self._posts: dict[UUID, Post] = {}
        self._pools = {medium: [self._post(one) for one in pool] for medium, pool in plan.senders.items()}
        self._moments: dict[datetime, _Moment] = {}
        self._ahead: list[datetime] = []
        self._standing: dict[Stop, list[Person]] = {}
        self._touched: dict[Post, None] = {}
        self._letters = self._tell_at = 0

    def begin(self, person: Person, at: datetime) -> None:
        """They come in at the first step, at this moment."""
        self.people += 1
        self._at(max(at, self.now)).begins.append(person)

    def stand(self, person: Person, node_id: UUID, due_at: datetime | None, waits_for: str = "") -> None:
        """They stand at a step and are decided on at `due_at`; None: when something happens."""
        self.people += 1
        person.stop = self.stops[node_id]
        self.rest([person], due_at and max(due_at, self.now), waits_for)
        self._draw_reply(person)

    def await_message(self, person: Person, node_id: UUID, sender: Sender, due_at: datetime) -> None:
        """Their message of this step waits in a queue already."""
        self.people += 1
        person.stop, person.waits_for = self.stops[node_id], "message"
        self._put(self._post(sender), person, due_at)

    def await_others(self, sender: Sender, letters: Iterable[Letter]) -> None:
        """What other campaigns have in a queue goes by the same limits."""
        post = self._post(sender)
        for letter in letters:
            self._letters += 1
            post.put(letter._replace(number=self._letters), self.now)
        self._touched[post] = None

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
        self.people += 1
        person.stop = self.stops[node_id]
        way = self._outcome(person.stop, person, outcome)
        if isinstance(way, Go):
            self.leave(person.stop, [person], way)
        else:
            self.hold(person.stop, [person], "unreadable")

    def run(self) -> Ledger:
        """Walk until everybody rests for good, or the end is reached."""
        self._at(self.now)
        most = MOST_STEPS * max(self.people, 1_000)
        while self._ahead:
            self.now = heappop(self._ahead)
            if self.now > self.plan.ends or self.steps > most:
                self.is_cut = True
                break
            self._happen(self._moments.pop(self.now))
        for post in self._posts.values():
            post.close(self.now)
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
        for person in people:
            person.wake_at, person.waits_for = until, waits_for
        if until is not None:
            due = self._at(max(until, self.now)).due
            for person in people:
                if person.stop is not None:
                    due[person.stop].append(person)

    def hold(self, stop: Stop, people: list[Person], reason: str) -> None:
        """They stay until a person decides, which nobody does here."""
        self._keep(stop, people, reason)

    def _keep(self, stop: Stop | None, people: list[Person], reason: str) -> None:
        for person in people:
            person.stop, person.wake_at, person.waits_for = stop, None, "person"
            self.ledger.stuck(stop, person, reason, self.now)

    def assume(self, stop: Stop, people: list[Person]) -> None:
        """Only people or vendors know: after the assumed time they leave by the assumed way."""
        until = people[0].entered_at + self.plan.assumed.after
        waiting = [person for person in people if person.waits_for != "assumed"]
        self.ledger.was_assumed(stop, len(waiting))
        if until > self.now:
            self.rest(people, until, "assumed")
        else:
            self.leave(stop, people, self.plan.assumed.way(stop))

    def _happen(self, moment: _Moment) -> None:
        """Everything of one moment, until nobody walks and nothing leaves."""
        for what, person, key in moment.news:
            self._hear(what, person, key)
        if moment.begins:
            self._begin(moment.begins)
        for stop, people in moment.due.items():
            woken = self._woken(stop, people)
            if stop.leaves_when_due and woken and woken[0].waits_for == "until":
                self.leave(stop, woken, Go())
            else:
                self._stand(stop, woken)
        self._touched |= {post: None for post in moment.posts if post.next_at == self.now}
        while self._standing or self._touched:
            while self._standing:
                stop = next(iter(self._standing))
                self._decide(stop, self._standing.pop(stop))
            for post in list(self._touched):
                self._look(post)
            self._touched.clear()
        self._tell()

    def _woken(self, stop: Stop, people: list[Person]) -> list[Person]:
        """Those who are still there for that, each once."""
        found: list[Person] = []
        for person in people:
            if person.wake_at == self.now and person.stop is stop:
                person.wake_at = None
                found.append(person)
        return found

    def _begin(self, people: list[Person]) -> None:
        if self.stops.start is not None:
            self._enter(self.stops.start, people)

    def _enter(self, stop: Stop, people: list[Person]) -> None:
        now = self.now
        for person in people:
            person.stop, person.entered_at, person.wake_at, person.waits_for = stop, now, None, ""
            person.visits += 1
        self.ledger.arrived(stop, people, now)
        self._stand(stop, people)

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
            return self._write(stop, people)
        for alike in _groups(people) if stop.is_alike and self.plan.chooses is None else ([one] for one in people):
            self._decide_alike(stop, alike)
        return None

    def _decide_alike(self, stop: Stop, people: list[Person]) -> None:
        assert stop.kind is not None
        try:
            decision = stop.kind.decide(stop.node, stop.config, people[0].facts(), self.now)
        except ValueError:
            return self.hold(stop, people, "unreadable")
        if self.plan.chooses is not None:
            decision = self.plan.chooses(stop, people[0], decision, self.now)
        self.ledger.decided(stop, people, decision, self.now)
        return carrying.carry(self, stop, people, decision)

    def _write(self, stop: Stop, people: list[Person]) -> None:
        """A message for everybody who can get one."""
        medium, pool = stop.medium or "", self._pools.get(stop.medium or "", [])
        if self._outcome(stop, people[0], None) is None:
            return self.hold(stop, people, "unreadable")
        if not pool:
            return self.hold(stop, people, "no_channel")
        reached: list[Person] = []
        need = self.plan.needs.get(stop.node.id)
        for person in people:
            unplanned = person.reach.unplanned
            if reason := unplanned.get(medium) or (unplanned.get(need) if need else None):
                self.ledger.skip(stop, person, reason, self.now)
                self.leave(stop, [person], _SKIPPED, "skipped")
            else:
                reached.append(person)
        self.rest(reached, None, "message")
        for person, post in self._senders(medium, pool, reached):
            self._put(post, person, self.now)
        return None

    def _senders(self, medium: str, pool: list[Post], people: list[Person]) -> Iterable[tuple[Person, Post]]:
        """Who is written to by whom: everybody keeps their sender, the new ones are spread."""
        if len(pool) == 1:
            return [(person, pool[0]) for person in people]
        new = [one for one in people if one.kept is None or one.kept.get(medium) not in self._posts]
        for person, chosen in zip(new, spread([post.standing for post in pool], len(new)), strict=True):
            person.kept = {**(person.kept or {}), medium: chosen}
        return [(person, self._posts[person.kept[medium]]) for person in people if person.kept]

    def _put(self, post: Post, person: Person, due: datetime) -> None:
        self._letters += 1
        segments = self.plan.segments.get(person.stop.node.id, 1) if person.stop else 1
        post.put(Letter(due, self._letters, person.zone, person, segments), self.now)
        self._touched[post] = None

    def _look(self, post: Post) -> None:
        before = post.next_at
        looked = post.look(self.now)
        if post.next_at is not None and post.next_at != before:
            self._at(post.next_at).posts.append(post)
        for person, gate in looked.refused:
            if person.stop is not None:
                self.ledger.skip(person.stop, person, gate, self.now)
                self.leave(person.stop, [person], _SKIPPED, "skipped")
        if looked.sent:
            self._went(post, looked.sent)

    def _went(self, post: Post, people: list[Person]) -> None:
        now = self.now
        self.ledger.went(post, people, now)
        by_stop: defaultdict[Stop, list[Person]] = defaultdict(list)
        for person in people:
            person.last_sent_at = now
            if person.status == Status.NO_ACTIVITY:
                person.status = Status.MESSAGED
            assert person.stop is not None
            if self.stops.asks_sent:
                self._did(person).sent_at[person.stop.node.key] = now
            self._draw(person, person.stop, post.sender.medium)
            if not person.is_over:
                by_stop[person.stop].append(person)
        for stop, sent in by_stop.items():
            way = self._outcome(stop, sent[0], MessageOutcome.SENT)
            assert isinstance(way, Go)
            self.leave(stop, sent, way)

    def _outcome(self, stop: Stop, person: Person, outcome: MessageOutcome | None) -> Decision | None:
        """What a sending step says of a message that came to `outcome`; None where it makes no sense."""
        if outcome not in stop.outcomes:
            assert stop.kind is not None
            try:
                facts = person.facts(outcome)
                stop.outcomes[outcome] = stop.kind.decide(stop.node, stop.config, facts, self.now)
            except ValueError:
                return None
        return stop.outcomes[outcome]

    def _draw(self, person: Person, stop: Stop, medium: str) -> None:
        """What they do with what was just sent."""
        fate = self.plan.chances.after_sending(person.id, stop.node.id, person.visits, medium, self.now)
        if fate is None:
            return
        self.ledger.fate(fate)
        if fate.is_bounced:
            return self.end(person, "bounced")
        for what in ("opened", "clicked", "replied"):
            moment = getattr(fate, f"{what}_at")
            if moment is not None and (what == "replied" or self.stops.asks_read):
                self._at(moment).news.append((what, person, stop.node.key))
        return None

    def _draw_reply(self, person: Person) -> None:
        """Whether they reply to what was sent before it all began."""
        at = person.last_sent_at
        if at is None or person.stop is None or person.replied_at is not None:
            return
        fate = self.plan.chances.after_sending(person.id, person.stop.node.id, person.visits, "", at)
        if fate is not None and fate.replied_at is not None and fate.replied_at > self.now:
            self.ledger.did["replied"] += 1
            self._at(fate.replied_at).news.append(("replied", person, ""))

    def _hear(self, what: str, person: Person, key: str) -> None:
        """Somebody opened, clicked or replied: those who wait for it are decided on."""
        if person.is_over:
            return
        if what == "replied":
            person.replied_at, person.status = self.now, Status.NEEDS_BDR
            if person.stop is None or person.stop.leaves_on_reply:
                return self.end(person, "replied")
        else:
            self._did_read(person, what, key)
        if person.waits_for in _WOKEN and person.stop is not None:
            person.wake_at = None
            self._stand(person.stop, [person])
        return None

    def _did_read(self, person: Person, what: str, key: str) -> None:
        did = self._did(person)
        found = [did.opened_at] if what == "opened" else [did.opened_at, did.clicked_at]
        for moments in found:
            for one in ("", key):
                moments.setdefault(one, self.now)

    def _did(self, person: Person) -> Did:
        if person.did is None:
            person.did = Did()
        return person.did

    def _post(self, sender: Sender) -> Post:
        if sender.id not in self._posts:
            self._posts[sender.id] = Post(sender, self.plan.limits, self.ledger, self.plan.begins, self._share)
        return self._posts[sender.id]

    def _share(self, person: Person) -> float:
        node_id = person.stop.node.id if person.stop else person.id
        return self.plan.chances.share(person.id, node_id, person.visits)

    def _at(self, at: datetime) -> _Moment:
        found = self._moments.get(at)
        if found is None:
            found = self._moments[at] = _Moment()
            heappush(self._ahead, at)
        return found

    def _tell(self) -> None:
        if self.steps >= self._tell_at:
            self._tell_at = self.steps + _TOLD_AFTER
            self.tells(self.left, self.now)


def _groups(people: list[Person]) -> Iterable[list[Person]]:
    if len(people) == 1:
        return (people,)
    found: defaultdict[tuple[object, ...], list[Person]] = defaultdict(list)
    for person in people:
        found[person.alike].append(person)
    return found.values()
