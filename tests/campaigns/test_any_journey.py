"""Everything at once: random graphs, news, edits, pauses, moved dates, crashes and a second worker, step after step.

Each example is a campaign of its own that five people walk. After every step the set-based engine must have gone where the
pure step goes (`journeys.py`), nobody may be lost or doubled (`happening.broken_promises`), nobody may pass a step twice
without a loop, and no step may write twice to somebody.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from loumass.campaigns import states
from loumass.campaigns.advancing.pace import MOST
from loumass.campaigns.advancing.slice import advance_slice
from loumass.campaigns.backlog import CHOICES, Choice
from loumass.campaigns.creating import Details
from loumass.campaigns.creating import change as change_details
from loumass.campaigns.enrolling import enroll
from loumass.campaigns.models import Campaign, Enrollment, Step
from loumass.core.tenancy import acting_for
from loumass.funnels.graph import loops
from loumass.funnels.models import Node as NodeRow
from loumass.funnels.node import Edge
from loumass.funnels.service import graph_of
from tests.campaigns import cast, changed
from tests.campaigns.anything import (
    Crash,
    dying_before,
    entered,
    is_settled,
    somebody,
    standing_at,
    started,
    takes_turn,
    written_down,
)
from tests.campaigns.drawn import moments
from tests.campaigns.drawn_graphs import THEMES, Pool, funnel, pool_of
from tests.campaigns.happening import NEWS, broken_promises, tell
from tests.campaigns.journeys import HAD, Course, Journey
from tests.voicemail.calls import recording
from tests.world import World

EXAMPLES, STEPS = 12, 20
PEOPLE = 5
quick = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None,
    phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)  # fmt: skip
#: What comes of whatever somebody waits for, mostly.
USUAL = ("sent", "done a", "answered")
OFTEN = ("tag", "tag", "hold", "release", "away", "reply")
BADLY = ("failed", "cancelled", "done c", "skipped", "given up", "open", "click", "release", "in_doubt")


class Anything(RuleBasedStateMachine):
    """One campaign; `world` and what all examples share are the class's that a test makes."""

    world: World
    sound: dict[str, Any]
    other: UUID
    pool: Pool
    number = 0
    has_failed = False
    ALWAYS = (
        "time_passes", "goes_on", "goes_on", "news", "news", "comes", "is_changed", "goes_on_and_is_changed",
        "goes_on_and_is_changed", "moves_the_event", "is_paused_or_resumed",
    )  # fmt: skip
    WHILE_IT_RUNS = ("goes_on", "goes_on", "crashes", "two_work")

    @initialize(event_at=st.none() | moments | moments, exits=st.booleans())
    def begins(self, event_at: datetime | None, exits: bool) -> None:
        # Hypothesis likes to draw again what it drew before: each example has chances of its own, and a failing one keeps them.
        type(self).number += not type(self).has_failed
        self.chance = Random(self.number)
        self.theme = THEMES[self.number % len(THEMES)]
        graph = funnel(self.chance, self.pool, self.theme)
        people = [somebody(self.chance) for _ in range(PEOPLE)]
        self.now, self.is_paused = World.begins_at, False
        self.gone: list[Journey] = []
        self.ways: set[tuple[str, str]] = set()
        self.run = started(self.world, graph, event_at, exits=exits, other=self.other, sound=self.sound)
        with self._acting() as session:
            live = graph_of(session.get_one(Campaign, (self.run.tenant.id, self.run.id)).graph_id)
            self.course = Course(live, exits, event_at)
            self.people = [entered(session, self.run, self.course, one) for one in people]
            self._advance(session, MOST)
        self._learn_ways()

    @rule()
    def happens(self) -> None:
        """Anything, of what can happen now; what matters most the most often."""
        while_it_runs = () if self.is_paused else self.WHILE_IT_RUNS
        what = self.chance.choice([*self.ALWAYS, *while_it_runs, *self.theme.often])
        note(f"{what} at {self.now}")
        getattr(self, what)()

    def time_passes(self) -> None:
        """However few a slice takes, also of those who are due in the same moment."""
        self.now += timedelta(
            minutes=self.chance.choice([1, 5, 60, 60 * 24, self.chance.randint(1, 60 * 24 * 20)])
        )
        with self._acting() as session:
            self._advance(session, self.chance.choice([1, 2, MOST]))

    def goes_on(self) -> None:
        """What they wait for comes, and some time goes by; again and again."""
        chance = self.chance
        for _ in range(chance.randint(1, 3)):
            with self._after_a_second() as session:
                self._answer(session, chance)
                self._advance(session, chance.choice([1, 2, MOST]))
            self.now += timedelta(days=chance.randint(0, 5))

    def news(self) -> None:
        chance = self.chance
        with self._after_a_second() as session:
            for one in chance.sample(self.people, chance.randint(1, 3)):
                tell(session, self.run, one, chance.choice([*sorted(NEWS), *OFTEN]), self.now)
            self._advance(session, MOST)

    def comes(self) -> None:
        """Somebody is added: anew where they have left, and not at all while they are inside."""
        with self._after_a_second() as session:
            self._add(session, self.chance.randrange(PEOPLE))
            self._advance(session, MOST)

    def _add(self, session: Session, who: int) -> None:
        before = self.people[who]
        added = enroll(self.run.id, [before.contact_id]).added
        session.commit()
        assert before.state == "ended" or not added
        if added:
            inside = (Enrollment.contact_id == before.contact_id, Enrollment.state != "ended")
            again = Journey(
                self.course, session.scalars(select(Enrollment.id).where(*inside)).one(), before.contact_id, before.media,
                before.zone, self.now, before.fields, tags=before.tags, barred=before.barred,
            )  # fmt: skip
            self.gone.append(before)
            self.people[who] = again

    def is_changed(self) -> None:
        """A change is drafted, chosen about and applied; or the latest one is taken back."""
        with self._after_a_second() as session:
            done = (session, self.run, self.course, self.people)
            if self.course.older and self.chance.random() < 0.2:
                self._change(session, lambda: changed.take_back(*done, self.chance))
            else:
                self._change(session, lambda: changed.change(*done, self.chance))

    def goes_on_and_is_changed(self) -> None:
        self.goes_on()
        self.is_changed()

    def moves_the_event(self) -> None:
        at = self.chance.choice(
            [None, *(World.begins_at + timedelta(days=self.chance.randint(-60, 60)) for _ in range(4))]
        )
        with self._after_a_second() as session:
            campaign = session.get_one(Campaign, (self.run.tenant.id, self.run.id))
            named = {one.name: getattr(campaign, one.name) for one in fields(Details) if one.name != "pool"}
            kept = {**named, "exit_statuses": frozenset(campaign.exit_statuses), "event_at": at}
            change_details(self.run.id, Details(**kept))
            session.commit()
            for one in self.people if at != self.course.event_at else ():
                self.course.event_at = at
                one.wake_for_event(self.now)
            self._advance(session, MOST)

    def is_paused_or_resumed(self) -> None:
        with self._after_a_second() as session:
            self.is_paused = not self.is_paused
            if self.is_paused:
                states.pause(self.run.id, None)
                session.commit()
            else:
                self._resume(session, self.chance.choice(sorted(CHOICES)))

    def rests_a_while(self) -> None:
        """Long enough that some are past due when it goes on."""
        if not self.is_paused:
            self.is_paused_or_resumed()
        self.now += timedelta(hours=2, days=self.chance.randint(0, 6))
        with self._after_a_second() as session:
            self._answer(session, self.chance)
            self.is_paused = False
            self._resume(session, self.chance.choice([*sorted(CHOICES), "skip", "skip"]))

    def _resume(self, session: Session, what: str) -> None:
        states.resume(self.run.id, Choice(what, 5))
        session.commit()
        if what != "continue":
            for one, row in zip(self.people, self._rows(session), strict=True):
                is_settled(session, one, row)
        self._advance(session, MOST)

    def crashes(self) -> None:
        """A slice dies before one of its statements, and is run again: nothing of it is left."""
        chance = self.chance
        self.now += timedelta(days=chance.randint(0, 9))
        with self._after_a_second() as session:
            self._answer(session, chance)
            before = written_down(session, [one.id for one in self.people])
            with suppress(Crash), dying_before(chance.randint(1, 30)):
                advance_slice(self.run.id)
            session.rollback()
            assert written_down(session, [one.id for one in self.people]) == before
            self._advance(session, MOST)

    def two_work(self) -> None:
        """Two workers take slices of it at the same time."""
        self.now += timedelta(days=self.chance.randint(0, 9))
        with self._after_a_second() as session:
            self._answer(session, self.chance)
        problems_met: list[BaseException] = []
        with standing_at(self.now):
            both = threading.Barrier(2)
            threads = [threading.Thread(target=self._works, args=(both, problems_met)) for _ in range(2)]
            for one in threads:
                one.start()
            for one in threads:
                one.join(timeout=60)
        assert not problems_met
        with self._acting() as session:
            self._advance(session, MOST)

    def _answer(self, session: Session, chance: Random) -> None:
        """Whatever somebody waits for comes to some end, mostly a good one; and some who left come again."""
        for who, one in enumerate(self.people):
            if one.state == "ended" and chance.random() < 0.5:
                self._add(session, who)
                continue
            if one.state == "held" and chance.random() < 0.5:
                tell(session, self.run, one, "release", self.now)
            for what in (chance.choice(BADLY), *USUAL) if chance.random() < 0.4 else USUAL:
                tell(session, self.run, one, what, self.now)
        session.commit()

    def _works(self, both: threading.Barrier, problems_met: list[BaseException]) -> None:
        try:
            for most in (MOST, 1, 1):
                both.wait(30)
                with acting_for(self.run.tenant.id) as session:
                    advance_slice(self.run.id, most)
                    session.commit()
        except BaseException as problem:
            problems_met.append(problem)

    @invariant()
    def holds(self) -> None:
        with self._acting() as session:
            assert broken_promises(session, self.run) == []
            passed = select(Step.enrollment_id, NodeRow.key).join(
                NodeRow, (NodeRow.organization_id == Step.organization_id) & (NodeRow.id == Step.node_id)
            )
            keys = Counter(
                (row.enrollment_id, row.key)
                for row in session.execute(passed.where(Step.campaign_id == self.run.id))
            )
        round_and_round = {key for group in loops(self._edges()) for key in group}
        assert {key for (_, key), times in keys.items() if times > 1} <= round_and_round
        written = Counter(
            (one.id, said.key) for one in (*self.people, *self.gone) for said in one.said if said.state in HAD
        )
        twice = {key for (_, key), times in written.items() if times > 1}
        assert twice <= self.rounds, "written to twice without a loop"

    def teardown(self) -> None:
        """Whoever walks a funnel without loops comes to its end, when everything is answered and time goes by."""
        if sys.exc_info()[0] is not None:
            type(self).has_failed = True
            return
        if self.rounds or self.course.event_at is None or self.is_paused:
            return
        for _ in range(12):
            self.now += timedelta(days=200)
            with self._acting() as session:
                for one in self.people:
                    for what in ("release", "sent", "done a", "answered"):
                        tell(session, self.run, one, what, self.now)
                self._advance(session, MOST)
            if all(one.state == "ended" for one in self.people):
                return
        raise AssertionError("somebody never comes to an end")

    def _advance(self, session: Session, most: int) -> None:
        """Both go on, slice by slice, until nobody is due; then they must say the same."""
        for _ in range(50):
            done = advance_slice(self.run.id, most)
            session.commit()
            if done is None or done.next_at is None or done.next_at > self.now:
                break
        else:
            raise AssertionError("the engine never rests")
        for one in self.people:
            if not self.is_paused:
                one.advance(self.now)
        self._agree(session, self.people)

    def _agree(self, session: Session, people: list[Journey]) -> None:
        found = written_down(session, [one.id for one in people])
        for one in people:
            assert found[one.id] == one.as_written()

    def _change(self, session: Session, do: Callable[[], bool]) -> None:
        keys = {node.id: node.key for node in self.course.graph.nodes}
        stood = {one.id: keys[one.node] for one in self.people if one.node and one.node in keys}
        if do():
            session.commit()
            self._learn_ways(stood)
            for one, row in zip(self.people, self._rows(session), strict=True):
                takes_turn(one, row, self.now + timedelta(hours=changed.HOURS))
            self._agree(session, self.people)
        self._advance(session, MOST)

    def _learn_ways(self, stood: Mapping[UUID, str] = MappingProxyType({})) -> None:
        """What leads where on any version, by key; and between steps that people were moved."""
        for graph in (self.course.live, *self.course.older):
            self.ways |= {(graph.node(one.source).key, graph.node(one.target).key) for one in graph.edges}
        for one in self.people:
            if one.node is not None and one.id in stood and one.node in self.course.graph:
                here = self.course.graph.node(one.node).key
                self.ways |= {(stood[one.id], here)} if here != stood[one.id] else set()

    def _edges(self) -> list[Edge]:
        return [Edge(source, "", target) for source, target in self.ways]  # pyright: ignore[reportArgumentType]

    @property
    def rounds(self) -> set[str]:
        """The steps of loops on a version."""
        found: set[str] = set()
        for graph in (self.course.live, *self.course.older):
            found |= {graph.node(one).key for group in loops(graph.edges) for one in group}
        return found

    def _rows(self, session: Session) -> list[Enrollment]:
        ids = [one.id for one in self.people]
        found = select(Enrollment).where(Enrollment.id.in_(ids)).execution_options(populate_existing=True)
        by_id = {row.id: row for row in session.scalars(found)}
        return [by_id[one] for one in ids]

    @contextmanager
    def _acting(self) -> Iterator[Session]:
        with standing_at(self.now), self.run.tenant.acting() as session:
            yield session

    @contextmanager
    def _after_a_second(self) -> Iterator[Session]:
        self.now += timedelta(seconds=1)
        with self._acting() as session:
            yield session


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_happens_the_engine_goes_where_the_pure_step_goes(world: World) -> None:
    other = cast.drafted(world.acme, [cast.step("end", "end")])
    shared = {"world": world, "sound": recording(world.acme), "other": other.id, "pool": pool_of(12)}
    run_machine(type("AnythingHere", (Anything,), shared), settings=quick)
