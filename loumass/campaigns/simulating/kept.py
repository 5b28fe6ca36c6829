"""Simulations on the shelf: how far one is, what came of it, and whether somebody does not want it any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from loumass.campaigns.simulating.wishes import Wish
from loumass.core import clock, shelf

LASTS = timedelta(days=1)
#: Who works at one says so every second or two; one that was not told of for so long has stopped in the middle.
SILENT, LOST = timedelta(seconds=15), timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Kept:
    """One simulation. `state`: waiting, reading, walking, done, failed, cancelled."""

    wish: Wish
    state: str
    #: Of `whole` people so many were read, or have left; `moment` is where virtual time stands.
    done: int = 0
    whole: int = 0
    moment: datetime | None = None
    problem: str = ""
    told_at: datetime | None = None
    report: dict[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self.state in ("done", "failed", "cancelled")

    @property
    def is_at_work(self) -> bool:
        """Whether somebody works at it just now."""
        return self.state in ("reading", "walking") and not self._is_silent(SILENT)

    @property
    def is_lost(self) -> bool:
        """Whether whoever worked at it, or should have, is gone."""
        return not self.is_over and self._is_silent(LOST)

    def _is_silent(self, so_long: timedelta) -> bool:
        return self.told_at is not None and clock.now() - self.told_at > so_long


def keep(run_id: UUID, wish: Wish, state: str, **told: Any) -> None:
    """Write down how it stands. Raises Unavailable."""
    moment = told.pop("moment", None)
    value = {
        "wish": wish.as_json(),
        "state": state,
        "moment": moment.isoformat() if moment else None,
        "told_at": clock.now().isoformat(),
        **told,
    }
    shelf.put(_name(run_id), value, LASTS)


def find(run_id: UUID, graph_id: UUID) -> Kept | None:
    """The simulation of that graph; None when its day is over."""
    value = shelf.get(_name(run_id))
    if value is None or value["wish"]["graph_id"] != str(graph_id):
        return None
    moment, told_at = value.pop("moment"), value.pop("told_at")
    return Kept(
        wish=Wish.of(value.pop("wish")),
        moment=datetime.fromisoformat(moment) if moment else None,
        told_at=datetime.fromisoformat(told_at),
        **value,
    )


def ask_to_stop(run_id: UUID) -> None:
    """Whoever simulates it stops soon. Raises Unavailable."""
    shelf.put(_stop(run_id), clock.now().isoformat(), LASTS)


def is_unwanted(run_id: UUID) -> bool:
    """Whether somebody asked to stop it."""
    return shelf.get(_stop(run_id)) is not None


def _name(run_id: UUID) -> str:
    return f"simulation:{run_id}"


def _stop(run_id: UUID) -> str:
    return f"simulation:{run_id}:stop"
