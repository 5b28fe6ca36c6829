"""A rule as plain values: questions, and groups of them of which all or any must hold. Immutable and pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from loumass.contacts.rules.predicate import Predicate
from loumass.core.settings_form import Settings, settings_in_effect

Match = Literal["all", "any"]


@dataclass(frozen=True)
class Question:
    """A predicate with its settings; `is_not` turns the answer round."""

    predicate: Predicate[Any]
    settings: Settings
    is_not: bool = False

    def as_json(self) -> dict[str, Any]:
        """The question as it is kept: its settings in effect, each with its value."""
        settings = self.settings.model_dump(mode="json")
        kept = settings_in_effect(self.predicate.Settings, settings)
        return {"ask": self.predicate.name, **kept} | ({"not": True} if self.is_not else {})

    @cached_property
    def key(self) -> str:
        """What tells it from every other question; the same for `not`, since that is no other fact."""
        return _key({name: value for name, value in self.as_json().items() if name != "not"})


@dataclass(frozen=True)
class Group:
    """Rules of which all or any must hold. One without any holds for everybody (`all`) or nobody (`any`)."""

    match: Match = "all"
    rules: tuple[Rule, ...] = ()
    is_not: bool = False

    def as_json(self) -> dict[str, Any]:
        """The group as it is kept."""
        rules = [rule.as_json() for rule in self.rules]
        return {"match": self.match, "rules": rules} | ({"not": True} if self.is_not else {})

    @cached_property
    def key(self) -> str:
        """What tells it from every other group, its `not` left out."""
        return _key({name: value for name, value in self.as_json().items() if name != "not"})


Rule = Question | Group


def questions(rule: Rule) -> Iterator[Question]:
    """Every question of `rule`, as they are read."""
    if isinstance(rule, Question):
        yield rule
        return
    for inner in rule.rules:
        yield from questions(inner)


def steps_named(rule: Rule) -> frozenset[str]:
    """The keys of the steps that the rule asks about."""
    return frozenset(key for one in questions(rule) for key in one.predicate.steps_named(one.settings))


def needs_event(rule: Rule) -> bool:
    """Whether the rule counts from the campaign's event."""
    return any(one.predicate.needs_event(one.settings) for one in questions(rule))


def turns_at(rule: Rule, event_at: datetime) -> frozenset[datetime]:
    """The moments from which on time alone may give another answer, for a campaign whose event is then."""
    return frozenset().union(*(one.predicate.turns_at(one.settings, event_at) for one in questions(rule)))


def is_lasting(rule: Rule) -> bool:
    """Whether its SQL says the same at every moment, so that it may be kept."""
    return all(one.predicate.is_lasting(one.settings) for one in questions(rule))


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
