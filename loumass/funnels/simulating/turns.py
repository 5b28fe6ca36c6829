"""Whose turn it is at a step that gives people out, in virtual time: as `funnels/kinds/assign.py` counts it in rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from loumass.core.ids import ids_among
from loumass.funnels.kinds.assign import AssignConfig, Standing
from loumass.funnels.simulating.people import Person


class Turns:
    """The counter of one step. `taken`: how many turns there were before."""

    def __init__(self, node_id: UUID, config: AssignConfig, taken: int) -> None:
        self._node_id, self._config, self._taken = node_id, config, taken
        #: Of somebody invented nothing is known: all who are chosen are taken to work here.
        self._unknown = Standing(working=tuple(ids_among(config.chosen)))

    def of(self, people: list[Person], now: datetime) -> Iterator[tuple[Person, Standing]]:
        """Each with what the step looks at, in the order in which those of one moment are given out."""
        for person in sorted(people, key=lambda one: one.contact_id):
            here: Standing = person.known.own.get(self._node_id, self._unknown)
            yield person, replace(here, turn=self._next()) if self._config.is_in_turn(here) else here

    def _next(self) -> int:
        self._taken += 1
        return self._taken - 1
