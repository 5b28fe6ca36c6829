"""Messages of a simulation: planned, given to a sender, let go by its queue, and what then becomes of the people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from loumass.funnels.decisions import FAILED, NEXT, Decision, Go
from loumass.funnels.facts import MessageOutcome
from loumass.funnels.simulating import goals, hearing
from loumass.funnels.simulating.lanes import Letter
from loumass.funnels.simulating.people import Person
from loumass.funnels.simulating.posting import Post
from loumass.funnels.simulating.senders import Sender
from loumass.funnels.simulating.stops import Stop
from loumass.funnels.statuses import Status
from loumass.messages.spreading import spread

if TYPE_CHECKING:
    from loumass.funnels.simulating.running import Simulation

_SKIPPED = Go(FAILED, or_else=NEXT)


class Mail:
    """The queues of all senders."""

    def __init__(self, simulation: Simulation, senders: Mapping[str, Sequence[Sender]]) -> None:
        self._simulation = simulation
        self._posts: dict[UUID, Post] = {}
        self._pools = {medium: [self._post(one) for one in pool] for medium, pool in senders.items()}
        self._touched: dict[Post, None] = {}
        self._letters = 0

    def write(self, stop: Stop, people: list[Person]) -> None:
        """A message for everybody who can get one; the others leave as the step says."""
        simulation, medium = self._simulation, stop.medium or ""
        pool = self._pools.get(medium, [])
        if self.outcome(stop, people[0], None) is None:
            return simulation.hold(stop, people, "unreadable")
        if not pool:
            return simulation.hold(stop, people, "no_channel")
        need = simulation.plan.needs.get(stop.node.id)
        reached: list[Person] = []
        for person in people:
            unplanned = person.reach.unplanned
            if reason := unplanned.get(medium) or (unplanned.get(need) if need else None):
                simulation.ledger.skip(stop, person, reason, simulation.now)
                simulation.leave(stop, [person], _SKIPPED, "skipped")
            else:
                reached.append(person)
        simulation.rest(reached, None, "message")
        put: Counter[Post] = Counter()
        for person, post in self._chosen(medium, pool, reached):
            self._put(post, person, simulation.now)
            put[post] += 1
        for post, count in put.items():
            simulation.ledger.queue(post, count, simulation.now)
        return None

    def wait_for(self, person: Person, sender: Sender, due: datetime) -> None:
        """Their message waits in this queue already."""
        post = self._post(sender)
        self._put(post, person, due)
        self._simulation.ledger.queue(post, 1, self._simulation.now)

    def take_along(self, sender: Sender, letters: Iterable[Letter]) -> None:
        """What other campaigns have in a queue goes by the same limits."""
        post = self._post(sender)
        for letter in letters:
            self._letters += 1
            post.put(letter._replace(number=self._letters), self._simulation.now)
        self._touched[post] = None

    def wake(self, posts: Iterable[Post]) -> None:
        """Their moment may have come; who has another one by now is left alone."""
        self._touched |= {post: None for post in posts if post.next_at == self._simulation.now}

    def go(self) -> bool:
        """Let go what may leave now; whether anybody was looked at."""
        touched, self._touched = list(self._touched), {}
        for post in touched:
            self._look(post)
        return bool(touched)

    def close(self) -> None:
        """Nothing moves any more."""
        for post in self._posts.values():
            post.close(self._simulation.now)

    def outcome(self, stop: Stop, person: Person, outcome: MessageOutcome | None) -> Decision | None:
        """What a sending step says of a message's outcome, which hangs on nobody; None where it makes no sense."""
        if outcome not in stop.outcomes and stop.kind is not None:
            try:
                facts = person.facts(outcome)
                stop.outcomes[outcome] = stop.kind.decide(stop.node, stop.config, facts, self._simulation.now)
            except ValueError:
                return None
        return stop.outcomes.get(outcome)

    def settle(self, stop: Stop, people: list[Person], outcome: MessageOutcome) -> None:
        """Their messages came to this: they go on as the step says."""
        way = self.outcome(stop, people[0], outcome)
        if isinstance(way, Go):
            self._simulation.leave(stop, people, way)
        else:
            self._simulation.hold(stop, people, "unreadable")

    def _chosen(self, medium: str, pool: list[Post], people: list[Person]) -> Iterable[tuple[Person, Post]]:
        """Who is written to by whom: everybody keeps their sender, the new ones are spread."""
        if len(pool) == 1:
            return [(person, pool[0]) for person in people]
        new = [one for one in people if one.kept is None or one.kept.get(medium) not in self._posts]
        chosen = spread([post.standing for post in pool], len(new))
        for person, sender_id in zip(new, chosen, strict=True):
            person.kept = {**(person.kept or {}), medium: sender_id}
        return [(person, self._posts[person.kept[medium]]) for person in people if person.kept]

    def _put(self, post: Post, person: Person, due: datetime) -> None:
        self._letters += 1
        segments = self._simulation.plan.segments.get(person.stop.node.id, 1) if person.stop else 1
        post.put(Letter(due, self._letters, person.zone, person, segments), self._simulation.now)
        self._touched[post] = None

    def _look(self, post: Post) -> None:
        simulation, before = self._simulation, post.next_at
        looked = post.look(simulation.now)
        if post.next_at is not None and post.next_at != before:
            simulation.at(post.next_at).posts.append(post)
        for person, gate in looked.refused:
            if person.stop is not None:
                simulation.ledger.skip(person.stop, person, gate, simulation.now)
                if goals.without_reached(simulation, [person]):
                    simulation.leave(person.stop, [person], _SKIPPED, "skipped")
        if looked.sent:
            self._went(post, looked.sent)

    def _went(self, post: Post, people: list[Person]) -> None:
        simulation, now = self._simulation, self._simulation.now
        simulation.ledger.went(post, people, now)
        by_stop: defaultdict[Stop, list[Person]] = defaultdict(list)
        for person in people:
            person.last_sent_at = now
            if person.status == Status.NO_ACTIVITY:
                person.status = Status.MESSAGED
            if (stop := person.stop) is None:
                continue
            if simulation.stops.asks_sent:
                person.notes().sent_at[stop.node.key] = now
            hearing.draw(simulation, person, stop, post.sender.medium)
            if not person.is_over:
                by_stop[stop].append(person)
        for stop, sent in by_stop.items():
            if remaining := goals.without_reached(simulation, sent):
                self.settle(stop, remaining, MessageOutcome.SENT)

    def _post(self, sender: Sender) -> Post:
        if sender.id not in self._posts:
            plan = self._simulation.plan
            self._posts[sender.id] = Post(
                sender, plan.limits, self._simulation.ledger, plan.begins, self._share
            )
        return self._posts[sender.id]

    def _share(self, person: Person) -> float:
        node_id = person.stop.node.id if person.stop else person.id
        return self._simulation.plan.chances.share(person.id, node_id, person.visits)
