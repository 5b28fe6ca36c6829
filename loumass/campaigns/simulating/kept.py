"""Simulations on the shelf: how far one is, what came of it, and whether somebody does not want it any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from loumass.campaigns.simulating.wishes import Wish
from loumass.core import clock, shelf

LASTS = timedelta(days=1)


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
    report: dict[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self.state in ("done", "failed", "cancelled")


def keep(run_id: UUID, wish: Wish, state: str, **told: Any) -> None:
    """Write down how it stands. Raises Unavailable."""
    moment = told.pop("moment", None)
    value = {"wish": wish.as_json(), "state": state, "moment": moment.isoformat() if moment else None, **told}
    shelf.put(_name(run_id), value, LASTS)


def find(run_id: UUID, graph_id: UUID) -> Kept | None:
    """The simulation of that graph; None when its day is over."""
    value = shelf.get(_name(run_id))
    if value is None or value["wish"]["graph_id"] != str(graph_id):
        return None
    moment = value.pop("moment")
    wish = Wish.of(value.pop("wish"))
    return Kept(wish=wish, moment=datetime.fromisoformat(moment) if moment else None, **value)


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
