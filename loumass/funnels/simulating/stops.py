"""A graph made ready for many: each step with its settings read once, its ways looked up once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from loumass.contacts.rules.holding import needs_of
from loumass.funnels.asked_rule import rule_of
from loumass.funnels.decisions import Decision, Go
from loumass.funnels.exits import exit_after
from loumass.funnels.facts import MessageOutcome
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import UnknownKind, kind_of
from loumass.funnels.kinds.base import Kind
from loumass.funnels.kinds.condition_tests import TRACKED
from loumass.funnels.kinds.split import SplitConfig
from loumass.funnels.node import Node

#: Kinds whose decision hangs on nothing but `Person.alike`. Everybody else is decided on alone.
ALIKE = frozenset({"wait", "condition", "stage", "set_status", "tag", "end", "set_field", "enroll"})


@dataclass(eq=False, slots=True)
class Stop:
    """One step. Without a `kind` its settings cannot be read: everybody who comes here is held."""

    node: Node
    kind: Kind[Any] | None
    config: Any
    leaves_on_reply: bool
    ways: dict[Go, Stop | None] = field(default_factory=dict)
    #: What the step says of a message's outcome, which hangs on nothing else.
    outcomes: dict[MessageOutcome | None, Decision] = field(default_factory=dict)

    @property
    def medium(self) -> str | None:
        """What it writes on, if it writes."""
        return self.kind.medium if self.kind is not None else None

    @property
    def is_alike(self) -> bool:
        """Whether people who are alike may be decided on together."""
        return self.node.kind in ALIKE

    @property
    def leaves_when_due(self) -> bool:
        """Whether nothing but time is waited for here: when it has come, nobody has to be asked again."""
        # What was a day of work when they came may have become a day off.
        return self.node.kind == "wait" and not (self.kind and self.kind.skips_days_off(self.config))


class Stops:
    """All stops of a graph, by node id, and what its conditions ask for. `older`: the steps of older versions, and which."""

    def __init__(
        self, graph: Graph, *, exits_on_reply: bool, older: Mapping[UUID, int] | None = None
    ) -> None:
        self.graph = graph
        self.by_id = {node.id: _stop(graph, node, exits_on_reply) for node in graph.nodes}
        self.goals = _goals(self.by_id, older or {})
        self._older = older or {}
        configs = [stop.config for stop in self.by_id.values()]
        asked = {getattr(config, "test", None) for config in configs}
        tries_clicks = any(
            isinstance(one, SplitConfig) and one.winner != "none" and one.by == "clicks" for one in configs
        )
        rules = [needs_of(rule_of(one.rule)) for one in configs if getattr(one, "test", None) == "rule"]
        is_in_rules = any(needs.opened or needs.clicked for needs in rules)
        self.asks_read = bool(asked & set(TRACKED)) or tries_clicks or is_in_rules
        self.asks_sent = "sent_within" in asked

    def goals_of(self, stop: Stop) -> Sequence[Stop]:
        """What is asked of everybody on the version of the funnel that the step is of."""
        return self.goals.get(self._older.get(stop.node.id), ())

    @property
    def start(self) -> Stop | None:
        """Where people begin."""
        return self.by_id.get(self.graph.start) if self.graph.start else None

    def follow(self, stop: Stop, way: Go) -> Stop | None:
        """The stop that `way` leads to; None: they have finished."""
        if way not in stop.ways:
            target = self.graph.follow(stop.node.id, way)
            stop.ways[way] = self.by_id[target] if target else None
        return stop.ways[way]

    def __getitem__(self, node_id: UUID) -> Stop:
        return self.by_id[node_id]


def _goals(by_id: Mapping[UUID, Stop], older: Mapping[UUID, int]) -> dict[int | None, list[Stop]]:
    found: dict[int | None, list[Stop]] = {}
    for node_id, stop in by_id.items():
        if stop.kind is not None and stop.kind.is_everywhere:
            found.setdefault(older.get(node_id), []).append(stop)
    return found


def _stop(graph: Graph, node: Node, exits_on_reply: bool) -> Stop:
    leaves = exit_after(graph, node.id, "replied", exits_on_reply=exits_on_reply) is not None
    try:
        kind = kind_of(node.kind)
        return Stop(node, kind, kind.read(node), leaves)
    except (UnknownKind, ValidationError):
        return Stop(node, None, None, leaves)
