"""A rule as the setting of a step: read, asked of everybody who stands there, and told in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from loumass.contacts.rules import model
from loumass.contacts.rules.holding import woken_by
from loumass.contacts.rules.model import Group, questions
from loumass.contacts.rules.predicate import Names
from loumass.contacts.rules.reading import RuleRefused, look_for, read
from loumass.contacts.rules.wording import in_words
from loumass.funnels.walking import ruling
from loumass.funnels.walking.knowing import Answers

if TYPE_CHECKING:
    from loumass.funnels.walking.ground import Ground
    from loumass.funnels.walking.walker import Walker

#: What an empty editor begins with.
NO_RULE: dict[str, Any] = {"match": "all", "rules": []}


def _readable(raw: dict[str, Any]) -> dict[str, Any]:
    try:
        return rule_of(raw).as_json()
    except RuleRefused as refused:
        raise ValueError(f"cannot be asked. {refused.sentence.rstrip('.')}") from None


RuleSetting = Annotated[dict[str, Any], AfterValidator(_readable)]


def rule_of(raw: dict[str, Any]) -> Group:
    """The rule that the setting says. Raises RuleRefused."""
    return _read(json.dumps(raw, sort_keys=True))


@lru_cache(maxsize=1024)
def _read(written: str) -> Group:
    return read(json.loads(written), "enrollment")


def is_empty(raw: dict[str, Any]) -> bool:
    """Whether it asks nothing."""
    return not any(questions(rule_of(raw)))


def answers_to(ground: Ground, raw: dict[str, Any], walkers: Sequence[Walker]) -> Answers:
    """What rows say to the rule's questions (`walking.ruling`). Raises ValueError for a rule that cannot be asked."""
    return ruling.answers_to(ground, rule_of(raw), walkers)


def words_of(raw: dict[str, Any], steps: Mapping[str, str], chosen: Mapping[str, str]) -> str:
    """`Tag is VIP and city is Denver`; `steps` and `chosen` as `kinds.base.Names` has them."""
    rule = rule_of(raw)
    refs = {ref for one in questions(rule) for ref in one.predicate.refers(one.settings)}
    found = {ref: (ref[1], chosen[key]) for ref in refs if (key := key_of(*ref)) in chosen}
    return in_words(rule, Names(found).with_steps(steps))


def named_in(raws: Sequence[dict[str, Any]]) -> tuple[dict[str, str], list[list[str]]]:
    """What everything that the rules name is called (`key_of` -> words), and for each rule sentences about what is gone. One
    statement for each kind of thing, however many rules."""
    names, missing = look_for(Group("all", tuple(rule_of(raw) for raw in raws)))
    gone: list[list[str]] = [[] for _ in raws]
    for complaint in missing:
        gone[int(complaint.path.split(".")[1])].append(complaint.sentence)
    return {key_of(*ref): words for ref, (_, words) in names.found.items()}, gone


def key_of(kind: str, value: str) -> str:
    """Under which `Names.chosen` has what a rule names: no id looks like it."""
    return f"{kind} {value}"


def is_asked_again(raw: dict[str, Any]) -> bool:
    """Whether no news tells that its answer has changed, so that it must be asked again from time to time."""
    return woken_by(rule_of(raw))[1]


def steps_named(raw: dict[str, Any]) -> frozenset[str]:
    """The keys of steps that it asks about."""
    return model.steps_named(rule_of(raw))


def needs_event(raw: dict[str, Any]) -> bool:
    """Whether it counts from the campaign's event."""
    return model.needs_event(rule_of(raw))


def turns_at(raw: dict[str, Any], event_at: datetime) -> frozenset[datetime]:
    """The moments from which on time alone may give another answer."""
    return model.turns_at(rule_of(raw), event_at)
