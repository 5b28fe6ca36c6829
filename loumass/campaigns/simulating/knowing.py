"""What conditions look at, asked of the engine's own statements before anybody walks; alike people share what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from loumass.campaigns.advancing.facts import known_of
from loumass.campaigns.advancing.ground import Ground, Walker, zone_or
from loumass.funnels.facts import Facts
from loumass.funnels.graph import Graph, settings_of
from loumass.funnels.kinds.condition_tests import ConditionConfig
from loumass.funnels.simulating.people import Did, Known

#: What walking itself moves on, and what each person has for themselves.
_MOVED = frozenset({
    "enrollment_id", "entered_at", "timezone", "status", "replied_at", "last_sent_at", "message", "event_at",
    "event_timezone",
})  # fmt: skip
_DID = ("sent_at", "opened_at", "clicked_at")
_KEPT = [one.name for one in fields(Facts) if one.name not in {*_MOVED, *_DID}]
#: Questions that the claim's own columns answer.
_ANSWERED = ("replied", "status")


class Knowing:
    """Asks what each condition of the graph asks, for one batch of people after the other."""

    def __init__(self, ground: Ground, graph: Graph) -> None:
        self._ground = ground
        configs = [settings_of(node) for node in graph.nodes]
        self._asked = [
            one for one in configs if isinstance(one, ConditionConfig) and one.test not in _ANSWERED
        ]
        self._event = {
            "event_at": ground.campaign.event_at,
            "event_timezone": zone_or(ground.campaign.event_timezone, ground.home),
        }
        self._shared: dict[tuple[Any, ...], Known] = {}

    def of(self, walkers: Sequence[Walker]) -> dict[UUID, tuple[Known, Did | None]]:
        """By enrollment: what is known, and what they did with the messages they got so far. A statement for each question."""
        known: dict[UUID, dict[str, Any]] = {walker.id: {} for walker in walkers}
        did: dict[UUID, Did] = {}
        for config in self._asked:
            for facts, alike in known_of(self._ground, list(walkers), config):
                told = {name: value for name in _KEPT if (value := getattr(facts, name))}
                for enrollment_id in alike:
                    _add(known[enrollment_id], told)
                    _note(did, enrollment_id, facts)
        return {one: (self._share(values), did.get(one)) for one, values in known.items()}

    def _share(self, values: dict[str, Any]) -> Known:
        key = tuple(sorted((name, _hashable(value)) for name, value in values.items()))
        if key not in self._shared:
            moments = {name: self._plain(value) for name, value in values.items()}
            self._shared[key] = Known(self._event | moments)
        return self._shared[key]

    def _plain(self, value: Any) -> Any:
        """Only whether, not since when, is ever asked of what happened before."""
        if isinstance(value, Mapping):
            return {key: self._ground.now if isinstance(one, datetime) else one for key, one in value.items()}
        return value


def _add(values: dict[str, Any], told: Mapping[str, Any]) -> None:
    for name, value in told.items():
        before = values.get(name)
        if isinstance(value, Mapping):
            values[name] = {**(before or {}), **value}
        elif isinstance(value, frozenset):
            values[name] = value | (before or frozenset())
        else:
            values[name] = value


def _note(did: dict[UUID, Did], enrollment_id: UUID, facts: Facts) -> None:
    for name in _DID:
        if moments := getattr(facts, name):
            getattr(did.setdefault(enrollment_id, Did()), name).update(moments)


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(sorted((key, "" if isinstance(one, datetime) else one or "") for key, one in value.items()))
    return tuple(sorted(value)) if isinstance(value, frozenset | set) else value
