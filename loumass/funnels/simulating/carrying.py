"""How each decision of a step is simulated: one table, and what becomes of a decision that is not in it.

A decision that nothing here knows leaves by the step's first way after the assumed time, and is counted as assumed. So does
a wait for what only people or vendors can tell, such as the outcome of a task; how many leave by which way may be said beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from loumass.funnels import decisions as d
from loumass.funnels.kinds.assign import Assign
from loumass.funnels.kinds.condition_tests import TESTS
from loumass.funnels.kinds.set_field import SetField
from loumass.funnels.kinds.set_status import SetStatus
from loumass.funnels.kinds.tag import AddTag, RemoveTag
from loumass.funnels.simulating.people import Person
from loumass.funnels.simulating.stops import Stop
from loumass.funnels.walking.ground import zone_or
from loumass.funnels.walking.verdict import HELD

if TYPE_CHECKING:
    from loumass.funnels.simulating.running import Simulation

#: What walking itself tells, beside the questions of conditions.
TOLD = frozenset({"message", "away", "winner", *TESTS})
#: Kinds whose outcome a person or a vendor tells, also where they have an end of their own.
BY_PEOPLE = frozenset({"task", "webhook"})


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is taken for what only people can tell: so long it takes, and by node key which share leaves by which way."""

    after: timedelta = timedelta(days=1)
    ways: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def way(self, stop: Stop, draw: float = 0.0) -> d.Go:
        """The way of whoever drew `draw` (0 to 1) at the step: by its shares, else its first."""
        offered = [branch.name for branch in stop.kind.branches(stop.config)] if stop.kind else []
        shares = self.ways.get(stop.node.key, {})
        wanted = [name for name in offered if shares.get(name)]
        level = draw * sum(shares[name] for name in wanted)
        for name in wanted:
            level -= shares[name]
            if level < 0:
                return d.Go(name, or_else=d.NEXT)
        return d.Go((wanted or offered or [d.NEXT])[-1 if wanted else 0], or_else=d.NEXT)


Carry = Callable[["Simulation", Stop, list[Person], Any], None]


def carry(simulation: Simulation, stop: Stop, people: list[Person], decision: d.Decision) -> None:
    """Do with `people`, who stand at `stop`, what it decided."""
    usual = _act if isinstance(decision, d.Act) else _unknown
    CARRIED.get(type(decision), usual)(simulation, stop, people, decision)


def _go(simulation: Simulation, stop: Stop, people: list[Person], way: d.Go) -> None:
    simulation.leave(stop, people, way)


def _act(simulation: Simulation, stop: Stop, people: list[Person], decision: d.Act) -> None:
    """Something is done to them; what no later step asks for is not imagined."""
    change = CHANGES.get(type(decision))
    if change is not None:
        for person in people:
            change(person, decision)
            person.is_changed = True
    simulation.leave(stop, people, d.Go())


def _status(person: Person, decision: Any) -> None:
    person.status = decision.status


def _tag(person: Person, decision: Any) -> None:
    person.known = person.known.with_tag(decision.tag, has=isinstance(decision, AddTag))


def _field(person: Person, decision: Any) -> None:
    person.known = person.known.with_field(decision.field, decision.value)
    if decision.field == "timezone":
        person.zone = zone_or(decision.value, person.zone)


def _owner(person: Person, decision: Any) -> None:
    person.known = person.known.with_owner(decision.owner_id)


def _end(simulation: Simulation, stop: Stop, people: list[Person], decision: d.End) -> None:
    for person in people:
        simulation.end(person, decision.reason)


def _wait_until(simulation: Simulation, stop: Stop, people: list[Person], decision: d.WaitUntil) -> None:
    simulation.rest(people, decision.at, "until")


def _wait_for(simulation: Simulation, stop: Stop, people: list[Person], decision: d.WaitFor) -> None:
    if decision.what in HELD:
        simulation.hold(stop, people, HELD[decision.what])
    elif is_assumed(stop, decision):
        simulation.assume(stop, people, decision.until)
    else:
        simulation.rest(people, decision.until, decision.what)


def is_assumed(stop: Stop, decision: d.Decision) -> bool:
    """Whether only people or vendors know what becomes of it. What has an end of its own is waited for instead."""
    if isinstance(decision, d.WaitFor):
        is_told = decision.what in TOLD or decision.what in HELD
        return not is_told and (stop.node.kind in BY_PEOPLE or decision.until is None)
    return not isinstance(decision, d.Act) and type(decision) not in CARRIED and _moment_of(decision) is None


def _unknown(simulation: Simulation, stop: Stop, people: list[Person], decision: Any) -> None:
    """What no line of the table names: its moment is waited for, where it has one."""
    moment = _moment_of(decision)
    if moment is not None and moment > simulation.now:
        simulation.rest(people, moment, "until")
    else:
        simulation.assume(stop, people, getattr(decision, "until", None))


def _moment_of(decision: Any) -> datetime | None:
    values = (getattr(decision, one.name) for one in fields(decision)) if is_dataclass(decision) else ()
    return next((one for one in values if isinstance(one, datetime)), None)


#: Sending is no line of it: `mailing.py` plans messages and lets them go.
CARRIED: dict[type, Carry] = {d.Go: _go, d.End: _end, d.WaitUntil: _wait_until, d.WaitFor: _wait_for}
#: What an act changes that a later step may look at.
CHANGES: dict[type, Callable[[Person, Any], None]] = {
    SetStatus: _status,
    AddTag: _tag,
    RemoveTag: _tag,
    SetField: _field,
    Assign: _owner,
}
