"""How each decision of a step is simulated: one table, and what becomes of a decision that is not in it.

A decision that nothing here knows leaves by the step's first way after the assumed time, and is counted as assumed. So does
a wait for what only people or vendors can tell, such as the outcome of a task; its way may be chosen beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from loumass.funnels import decisions as d
from loumass.funnels.kinds.condition_tests import TESTS
from loumass.funnels.simulating.people import Person
from loumass.funnels.simulating.stops import Stop
from loumass.funnels.walking.verdict import HELD

if TYPE_CHECKING:
    from loumass.funnels.simulating.running import Simulation

#: What walking itself tells, beside the questions of conditions.
TOLD = frozenset({"message", "away", *TESTS})


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is taken for what only people can tell: so long it takes, and by which way they leave, by node key."""

    after: timedelta = timedelta(days=1)
    ways: Mapping[str, str] = field(default_factory=dict)

    def way(self, stop: Stop) -> d.Go:
        """The way that was chosen for the step, else its first."""
        offered = [branch.name for branch in stop.kind.branches(stop.config)] if stop.kind else []
        chosen = self.ways.get(stop.node.key, "")
        first = offered[0] if offered else d.NEXT
        return d.Go(chosen if chosen in offered else first, or_else=d.NEXT)


Carry = Callable[["Simulation", Stop, list[Person], Any], None]


def carry(simulation: Simulation, stop: Stop, people: list[Person], decision: d.Decision) -> None:
    """Do with `people`, who stand at `stop`, what it decided."""
    CARRIED.get(type(decision), _unknown)(simulation, stop, people, decision)


def _go(simulation: Simulation, stop: Stop, people: list[Person], way: d.Go) -> None:
    simulation.leave(stop, people, way)


def _mark(simulation: Simulation, stop: Stop, people: list[Person], decision: d.SetStatus) -> None:
    for person in people:
        person.status = decision.status
    simulation.leave(stop, people, d.Go())


def _tag(simulation: Simulation, stop: Stop, people: list[Person], decision: d.AddTag | d.RemoveTag) -> None:
    has = isinstance(decision, d.AddTag)
    for person in people:
        person.known = person.known.with_tag(decision.tag, has=has)
    simulation.leave(stop, people, d.Go())


def _end(simulation: Simulation, stop: Stop, people: list[Person], decision: d.End) -> None:
    for person in people:
        simulation.end(person, decision.reason)


def _wait_until(simulation: Simulation, stop: Stop, people: list[Person], decision: d.WaitUntil) -> None:
    simulation.rest(people, decision.at, "until")


def _wait_for(simulation: Simulation, stop: Stop, people: list[Person], decision: d.WaitFor) -> None:
    if decision.what in HELD:
        simulation.hold(stop, people, HELD[decision.what])
    elif decision.what in TOLD:
        simulation.rest(people, decision.until, decision.what)
    else:
        simulation.assume(stop, people)


def _unknown(simulation: Simulation, stop: Stop, people: list[Person], decision: Any) -> None:
    """What no line of the table names: its moment is waited for, where it has one."""
    moment = _moment_of(decision)
    if moment is not None and moment > simulation.now:
        simulation.rest(people, moment, "until")
    else:
        simulation.assume(stop, people)


def _moment_of(decision: Any) -> datetime | None:
    values = (getattr(decision, one.name) for one in fields(decision)) if is_dataclass(decision) else ()
    return next((one for one in values if isinstance(one, datetime)), None)


#: Sending is no line of it: `running.py` plans messages and lets them go.
CARRIED: dict[type, Carry] = {
    d.Go: _go,
    d.EnterStage: lambda simulation, stop, people, _: simulation.leave(stop, people, d.Go()),
    d.SetStatus: _mark,
    d.AddTag: _tag,
    d.RemoveTag: _tag,
    d.End: _end,
    d.WaitUntil: _wait_until,
    d.WaitFor: _wait_for,
}
