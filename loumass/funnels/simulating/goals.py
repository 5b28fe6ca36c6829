"""Goals in virtual time: asked of everybody who is due, before anything else is decided, as the engine asks them.

So they are of who begins, whose time has come, whose message came to its end, who did something, and whom a step has just
changed; and of everybody when the time of an event has come that a goal counts from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loumass.contacts.rules.predicate import NotKnown
from loumass.funnels.decisions import Decision, End
from loumass.funnels.simulating.people import Person, alike_among
from loumass.funnels.simulating.stops import Stop

if TYPE_CHECKING:
    from loumass.funnels.simulating.running import Simulation


def without_reached(simulation: Simulation, people: list[Person]) -> list[Person]:
    """Those who reached no goal; the others leave. Costs nothing in a funnel without goals."""
    if not simulation.stops.goals:
        return people
    found: list[Person] = []
    for alike in alike_among(people):
        reason = _reached(simulation, alike[0])
        if reason is None:
            found += alike
            continue
        for person in alike:
            simulation.end(person, reason)
    return found


def without_reached_on_the_way(simulation: Simulation, people: list[Person]) -> list[Person]:
    """The same of those whom a step changed on their way here; the others were asked when they set out."""
    if not simulation.stops.goals or not any(person.is_changed for person in people):
        return people
    changed = [person for person in people if person.is_changed]
    others = [person for person in people if not person.is_changed]
    for person in changed:
        person.is_changed = False
    return others + without_reached(simulation, changed)


def look_ahead(simulation: Simulation) -> bool:
    """Note when goals are to be asked because the event's time has come; whether that is ever."""
    event_at, begins, ends = simulation.plan.event_at, simulation.plan.begins, simulation.plan.ends
    found = [
        (moment, goal)
        for of_version in simulation.stops.goals.values()
        for goal in of_version
        if goal.kind is not None and event_at is not None
        for moment in goal.kind.turns_at(goal.config, event_at)
        if begins < moment <= ends
    ]
    for moment, goal in found:
        simulation.at(moment).goals.append(goal)
    return bool(found)


def _reached(simulation: Simulation, person: Person) -> str | None:
    """Why they leave, or None."""
    for goal in simulation.stops.goals_of(person.stop) if person.stop is not None else ():
        decision = _decided(simulation, goal, person)
        if isinstance(decision, End):
            return decision.reason
    return None


def _decided(simulation: Simulation, goal: Stop, person: Person) -> Decision | None:
    """What the goal says; None for one that cannot be asked, which keeps nobody from going on."""
    own = person.known.own.get(goal.node.id)
    try:
        return (
            goal.kind.decide(goal.node, goal.config, person.facts(own=own), simulation.now)
            if goal.kind
            else None
        )
    except (ValueError, NotKnown):
        return None
