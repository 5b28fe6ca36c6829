"""What steps look at, asked by their kinds' own statements before anybody walks; of whom the same is known share it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from loumass.campaigns.simulating.asking_rules import AskedRules
from loumass.contacts.rules.holding import needs_of
from loumass.contacts.rules.model import questions
from loumass.funnels.asked_rule import rule_of
from loumass.funnels.graph import Graph, rules_in, settings_of
from loumass.funnels.kinds import kind_of
from loumass.funnels.kinds.set_field import SetFieldConfig
from loumass.funnels.simulating.people import NAMES, Did, Known
from loumass.funnels.walking.asking import field_of
from loumass.funnels.walking.ground import Ground, zone_or
from loumass.funnels.walking.knowing import NOTHING_ASKED, Answers
from loumass.funnels.walking.walker import Walker

#: What each person has for themselves: when they got a message, opened it or clicked in it.
_DID = ("sent_at", "opened_at", "clicked_at")
#: Whose answers are nobody's own.
_NO_STEP = UUID(int=0)


class Knowing:
    """Asks what each step of the graph asks, for one batch of people after the other."""

    def __init__(self, ground: Ground, graph: Graph) -> None:
        self._ground = ground
        configs = ((node, settings_of(node)) for node in graph.nodes)
        # What rules ask is asked once for all of them, question by question.
        self._asking = [
            (node, config)
            for node, config in configs
            if config is not None and not kind_of(node.kind).rules_asked(config)
        ]
        self._rules = AskedRules(ground, graph)
        self._event = {
            "event_at": ground.event_at,
            "event_timezone": zone_or(ground.event_timezone, ground.home),
        }
        self._read = dict(_read_in(graph))
        self._names_change = _writes_names(graph) and self._is_asked_for("full_name")
        self._shared: dict[tuple[Hashable, ...], Known] = {}

    def _is_asked_for(self, field: str) -> bool:
        by_steps = any(field in kind_of(node.kind).fields_named(config) for node, config in self._asking)
        return by_steps or any(field in needs_of(one).fields for one in self._rules.asked.values())

    def of(self, walkers: Sequence[Walker]) -> dict[UUID, tuple[Known, Did | None]]:
        """By enrollment: what is known, and what they did with the messages they got so far. A statement for each step
        that asks for more than the claim brings along."""
        asked = [
            (node.id, kind_of(node.kind).look_up(self._ground, node, config, walkers))
            for node, config in self._asking
        ]
        answers = [one for one in asked if one[1] is not NOTHING_ASKED]
        answers += [(_NO_STEP, one) for one in self._rules.of(walkers)]
        if self._names_change:
            answers += [(_NO_STEP, field_of(self._ground, walkers, name)) for name in sorted(NAMES)]
        return {walker.id: self._known(walker, answers) for walker in walkers}

    def _known(self, walker: Walker, asked: Sequence[tuple[UUID, Answers]]) -> tuple[Known, Did | None]:
        found = [answers.of(walker) for _, answers in asked]
        are_theirs = [_is_theirs(answers, value) for (_, answers), value in zip(asked, found, strict=True)]
        key = tuple(None if own else _hashable(value) for own, value in zip(are_theirs, found, strict=True))
        did = Did()
        for value in found:
            self._note_read(did, value)
        if key not in self._shared or any(are_theirs):
            told = [
                (node_id, dict(answers.as_facts(value)))
                for (node_id, answers), value in zip(asked, found, strict=True)
            ]
            own = {node_id: facts.pop("own") for node_id, facts in told if "own" in facts}
            values = self._event | _merged([facts for _, facts in told])
            said = values.get("answers", {})
            values["answers"] = {key: one for key, one in said.items() if key not in self._read}
            values["answers"] |= self._rules.stands_for
            for name in _DID:
                getattr(did, name).update(values.pop(name, {}))
            self._shared.setdefault(key, Known(values, own, self._rules.asked, self._rules.statuses))
        return self._shared[key], did if any(getattr(did, name) for name in _DID) else None

    def _note_read(self, did: Did, answers: Any) -> None:
        """What rules ask of their reading is kept with what they did: walking may change it."""
        for key, (name, step) in self._read.items() if isinstance(answers, Mapping) else ():
            if answers.get(key):
                getattr(did, name).setdefault(step, self._ground.now)


def _writes_names(graph: Graph) -> bool:
    """Whether a step writes what the full name is made of."""
    configs = (settings_of(node) for node in graph.nodes)
    return any(isinstance(one, SetFieldConfig) and one.field in NAMES for one in configs)


def _read_in(graph: Graph) -> Iterator[tuple[str, tuple[str, str]]]:
    """Questions of rules about what somebody opened or clicked here: key -> (name of the fact, step)."""
    for one in (
        one for rules in rules_in(graph).values() for raw in rules for one in questions(rule_of(raw))
    ):
        needs = needs_of(one)
        if one.predicate.is_pure(one.settings):
            yield from ((one.key, ("opened_at", step)) for step in needs.opened)
            yield from ((one.key, ("clicked_at", step)) for step in needs.clicked)


def _merged(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Facts of several steps as one: what is a mapping or a set is put together."""
    values: dict[str, Any] = {}
    for facts in told:
        for name, value in facts.items():
            before = values.get(name)
            if isinstance(value, Mapping):
                values[name] = {**(before or {}), **value}
            elif isinstance(value, frozenset):
                values[name] = value | (before or frozenset())
            else:
                values[name] = value
    return values


def _is_theirs(answers: Answers, value: Any) -> bool:
    """Whether it is a moment that is kept with what they did, and not with what others may share."""
    return isinstance(value, datetime) and set(answers.as_facts(value)) <= set(_DID)


def _hashable(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        return tuple(sorted((key, str(one)) for key, one in value.items()))
    return tuple(sorted(value)) if isinstance(value, list | set | frozenset) else value
