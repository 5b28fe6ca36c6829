"""What people do with messages: drawn when one was sent, heard when it happens."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from loumass.funnels.simulating import goals
from loumass.funnels.simulating.carrying import TOLD
from loumass.funnels.simulating.people import Person
from loumass.funnels.simulating.stops import Stop
from loumass.funnels.statuses import Status

if TYPE_CHECKING:
    from loumass.funnels.simulating.running import Simulation

#: Who waits for one of these is decided on again when something happens.
_WOKEN = TOLD - {"message"}
#: They stay where they are, whatever happens.
_STANDING_STILL = ("person", "away", "turn")


def draw(simulation: Simulation, person: Person, stop: Stop, medium: str) -> None:
    """What they do with the message that was just sent."""
    chances = simulation.plan.chances
    fate = chances.after_sending(person.id, stop.node.id, person.visits, medium, simulation.now)
    if fate is None:
        return
    simulation.ledger.fate(fate)
    if fate.is_bounced:
        simulation.end(person, "bounced")
        return
    for what, at in (("opened", fate.opened_at), ("clicked", fate.clicked_at), ("replied", fate.replied_at)):
        if at is not None and (what == "replied" or simulation.stops.asks_read):
            simulation.at(at).news.append((what, person, stop.node.key))


def draw_reply(simulation: Simulation, person: Person) -> None:
    """Whether they reply yet to what was sent before it all began."""
    at, stop = person.last_sent_at, person.stop
    if at is None or stop is None or person.replied_at is not None:
        return
    fate = simulation.plan.chances.after_sending(person.id, stop.node.id, person.visits, "", at)
    if fate is not None and fate.replied_at is not None and fate.replied_at > simulation.now:
        simulation.ledger.did["replied"] += 1
        simulation.at(fate.replied_at).news.append(("replied", person, ""))


def hear(simulation: Simulation, what: str, person: Person, key: str) -> None:
    """They opened, clicked or replied: who waits for it is decided on, and a reply may take them out."""
    if person.is_over:
        return
    if what == "replied":
        person.replied_at, person.status = simulation.now, Status.NEEDS_BDR
        if person.stop is None or person.stop.leaves_on_reply:
            simulation.end(person, "replied")
            return
    else:
        _note(simulation, what, person, key)
    if goals.without_reached(simulation, [person]) and person.waits_for in _WOKEN:
        simulation.decide_again(person)


def hear_of_the_event(simulation: Simulation, people: list[Person], asking: list[Stop]) -> None:
    """The event's time has come: whoever waits on a version with one of these goals is asked, and who waits for news as well."""
    standing: defaultdict[Stop, list[Person]] = defaultdict(list)
    for person in people:
        if person.stop is not None and person.waits_for not in _STANDING_STILL:
            standing[person.stop].append(person)
    for stop, here in standing.items():
        if not any(goal in asking for goal in simulation.stops.goals_of(stop)):
            continue
        for person in goals.without_reached(simulation, here):
            if person.waits_for in _WOKEN:
                simulation.decide_again(person)


def _note(simulation: Simulation, what: str, person: Person, key: str) -> None:
    notes = person.notes()
    found = [notes.opened_at] if what == "opened" else [notes.opened_at, notes.clicked_at]
    for moments in found:
        for one in ("", key):
            moments.setdefault(one, simulation.now)
