"""What a change that is being applied has yet to do: decided at the click, kept with the change, worked off in slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from loumass.campaigns.changing.choices import END, MOVE, Choices, Timing

#: The order in which a change is carried out: whoever stands on a step that goes leaves it (`LEAVE`), the graph is changed
#: (`TURN`), and what the new graph is needed for follows.
LEAVE, TURN, MOVE_ON, TIME, ASK, WRITE, DONE = "leave", "turn", "move_on", "time", "ask", "write", "done"
PHASES = (LEAVE, TURN, MOVE_ON, TIME, ASK, WRITE, DONE)


@dataclass(slots=True)
class Spread:
    """Those of a step who are spread over some hours: how many there are, and how many have their turn already."""

    total: int
    given: int = 0


@dataclass(slots=True)
class Work:
    """Steps and what becomes of those who stand there: they end, finish on the frozen version, or move to another step;
    `timing` is for those who wait, `writing` for what is queued.

    `people` are concerned; `pieces` and `done` count what is to be done for them, which may be more than one thing each.
    """

    ending: list[UUID] = field(default_factory=list)
    finishing: list[UUID] = field(default_factory=list)
    moving: dict[UUID, UUID] = field(default_factory=dict)
    timing: dict[UUID, Timing] = field(default_factory=dict)
    writing: list[UUID] = field(default_factory=list)
    phase: str = LEAVE
    people: int = 0
    pieces: int = 0
    done: int = 0
    #: The moment that times are moved from; who was looked at last; and whose turns are spread.
    since: datetime | None = None
    place: tuple[datetime, UUID] | None = None
    spread: dict[UUID, Spread] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Work:
        """As it was kept."""
        place = kept["place"]
        return cls(
            ending=[UUID(one) for one in kept["ending"]],
            finishing=[UUID(one) for one in kept["finishing"]],
            moving={UUID(one): UUID(target) for one, target in kept["moving"].items()},
            timing={UUID(one): Timing(what, hours) for one, (what, hours) in kept["timing"].items()},
            writing=[UUID(one) for one in kept["writing"]],
            phase=kept["phase"],
            people=kept["people"],
            pieces=kept["pieces"],
            done=kept["done"],
            since=datetime.fromisoformat(kept["since"]) if kept["since"] else None,
            place=(datetime.fromisoformat(place[0]), UUID(place[1])) if place else None,
            spread={UUID(one): Spread(total, given) for one, (total, given) in kept["spread"].items()},
        )

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        return {
            "ending": [str(one) for one in self.ending],
            "finishing": [str(one) for one in self.finishing],
            "moving": {str(one): str(target) for one, target in self.moving.items()},
            "timing": {str(one): [timing.what, timing.hours] for one, timing in self.timing.items()},
            "writing": [str(one) for one in self.writing],
            "phase": self.phase,
            "people": self.people,
            "pieces": self.pieces,
            "done": self.done,
            "since": self.since.isoformat() if self.since else None,
            "place": [self.place[0].isoformat(), str(self.place[1])] if self.place else None,
            "spread": {str(one): [spread.total, spread.given] for one, spread in self.spread.items()},
        }

    def go_on(self) -> None:
        """The next phase."""
        self.phase = PHASES[PHASES.index(self.phase) + 1]


def decided(
    choices: Choices,
    removed: Mapping[UUID, int],
    timed: Mapping[UUID, int],
    written: Mapping[UUID, int],
) -> Work:
    """What is to be done. `removed` and `timed`: how many people stand on each step that goes, and on each that lets people
    wait otherwise; `written`: how many messages are queued where they take new words."""
    work = Work(timing={one: choices.timing(one) for one in timed}, writing=list(written))
    for node_id in removed:
        removal = choices.removal(node_id)
        if removal.what == END:
            work.ending.append(node_id)
        elif removal.what == MOVE and removal.target is not None:
            work.moving[node_id] = removal.target
        else:
            work.finishing.append(node_id)
    work.people = sum(removed.values()) + sum(timed.values()) + sum(written.values())
    # Who is moved leaves the old step first, and comes to the other one afterwards.
    work.pieces = work.people + sum(removed[one] for one in work.moving)
    return work
