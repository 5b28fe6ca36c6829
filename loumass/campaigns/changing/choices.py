"""What becomes of people when a change is applied, case by case; what nobody answers is done the safe way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from loumass.core.errors import Refused

#: Those who stand on a step that is taken out.
FINISH, END, MOVE = "finish", "end", "move"
REMOVED = {
    FINISH: "Let them finish on the old version",
    END: "End the campaign for them",
    MOVE: "Move them to another step",
}
#: Those whose wait gets shorter.
KEEP, NOW, SPREAD = "keep", "now", "spread"
WAITS = {
    KEEP: "Keep the time they wait for now",
    NOW: "Take the new time, at once where it has passed",
    SPREAD: "Take the new time; where it has passed, spread them over",
}
#: Messages that are queued with the old words.
AS_PLANNED, ANEW = "as_planned", "anew"
QUEUED = {AS_PLANNED: "Send them as they were planned", ANEW: "Write them anew"}
#: Those who would come to a step again that they had.
SKIP, REPEAT = "skip", "repeat"
REPEATS = {SKIP: "They skip it this time", REPEAT: "Let them get it again"}
MOST_HOURS = 24 * 14
_HOURS = 24


@dataclass(frozen=True, slots=True)
class Removal:
    """What becomes of those on a removed step; `target` matters to `move`."""

    what: str = FINISH
    target: UUID | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """What becomes of those whose wait gets shorter; `hours` matters to `spread`."""

    what: str = KEEP
    hours: int = _HOURS


@dataclass(frozen=True, slots=True)
class Choices:
    """By step. Raises nothing: what is missing is the safe way, in which nobody is flooded, lost or written to twice."""

    removed: Mapping[UUID, Removal] = field(default_factory=dict)
    waits: Mapping[UUID, Timing] = field(default_factory=dict)
    queued: Mapping[UUID, str] = field(default_factory=dict)
    repeats: Mapping[UUID, str] = field(default_factory=dict)

    def removal(self, node_id: UUID) -> Removal:
        """For those who stand on a step that goes."""
        return self.removed.get(node_id, Removal())

    def timing(self, node_id: UUID) -> Timing:
        """For those who wait there."""
        return self.waits.get(node_id, Timing())

    def is_written_anew(self, node_id: UUID) -> bool:
        """Whether what is queued there takes the new words."""
        return self.queued.get(node_id) == ANEW

    def is_repeated(self, node_id: UUID) -> bool:
        """Whether those who had the step get it again."""
        return self.repeats.get(node_id) == REPEAT


def read_choices(form: Mapping[str, str]) -> Choices:
    """The choices of a form (`removed-<id>`, `target-<id>`, `wait-<id>`, `hours-<id>`, `queued-<id>`, `repeat-<id>`).

    Raises Refused for what is no choice.
    """
    said: dict[str, dict[UUID, str]] = {}
    for name, value in form.items():
        what, dash, node = name.partition("-")
        node_id = _id_of(node)
        if dash and node_id is not None:
            said.setdefault(what, {})[node_id] = value
    targets, hours = said.get("target", {}), said.get("hours", {})
    return Choices(
        removed={
            one: _removal(value, targets.get(one, "")) for one, value in said.get("removed", {}).items()
        },
        waits={one: _timing(value, hours.get(one, "")) for one, value in said.get("wait", {}).items()},
        queued=_among(said.get("queued", {}), QUEUED),
        repeats=_among(said.get("repeat", {}), REPEATS),
    )


def _removal(what: str, target: str) -> Removal:
    _refuse_unless(what in REMOVED)
    found = _id_of(target)
    if what == MOVE and found is None:
        raise Refused("Choose the step that people are moved to. Nothing was changed.")
    return Removal(what, found if what == MOVE else None)


def _timing(what: str, hours: str) -> Timing:
    _refuse_unless(what in WAITS)
    if what != SPREAD:
        return Timing(what)
    if not hours.strip().isdigit() or not 1 <= int(hours) <= MOST_HOURS:
        raise Refused(f"Spread them over 1 to {MOST_HOURS} hours. Nothing was changed.")
    return Timing(what, int(hours))


def _among(said: Mapping[UUID, str], offered: Mapping[str, str]) -> dict[UUID, str]:
    _refuse_unless(all(value in offered for value in said.values()))
    return dict(said)


def _refuse_unless(is_choice: bool) -> None:
    if not is_choice:
        raise Refused("Choose what becomes of the people. Nothing was changed.")


def _id_of(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
