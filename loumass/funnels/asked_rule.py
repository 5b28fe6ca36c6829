"""A rule as the setting of a step: read, asked of everybody who stands there, and told in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from loumass.contacts.rules.answering import answers_of
from loumass.contacts.rules.holding import woken_by
from loumass.contacts.rules.model import Group, Question, questions
from loumass.contacts.rules.predicate import Needs, Walk
from loumass.contacts.rules.reading import RuleRefused, look_for, read
from loumass.contacts.rules.wording import in_words
from loumass.funnels.walking.knowing import NOTHING_ASKED, Answers

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
    """What rows say to the rule's questions, by enrollment, in one statement; what came with the claim is not asked again,
    since a step of this very slice may have changed it. Raises ValueError for a rule that cannot be asked."""
    asked = _asked_of_rows(rule_of(raw))
    if not asked:
        return NOTHING_ASKED
    walk = Walk(campaign_id=ground.campaign_id, steps_called=ground.steps_called, event_at=ground.event_at)
    try:
        found = answers_of(asked, [walker.id for walker in walkers], walk)
    except RuleRefused as refused:
        raise ValueError(refused.sentence) from None
    return Answers(found, lambda said: {"answers": said or {}}, is_by_contact=False)


def _asked_of_rows(rule: Group) -> list[Question]:
    """Each question once that looks at more than came with the claim."""
    return list(
        {
            one.key: one
            for one in questions(rule)
            if not one.predicate.is_pure(one.settings) or one.predicate.needs(one.settings) != Needs()
        }.values()
    )


def words_of(raw: dict[str, Any]) -> str:
    """`Tag is VIP and city is Denver`. What it names is looked up; what is gone says so."""
    rule = rule_of(raw)
    return in_words(rule, look_for(rule)[0])


def lacks(raw: dict[str, Any]) -> list[str]:
    """What is wrong with what the rule names: a sentence for each."""
    return [complaint.sentence for complaint in look_for(rule_of(raw))[1]]


def is_asked_again(raw: dict[str, Any]) -> bool:
    """Whether no news tells that its answer has changed, so that it must be asked again from time to time."""
    return woken_by(rule_of(raw))[1]


def steps_named(raw: dict[str, Any]) -> frozenset[str]:
    """The keys of steps that it asks about."""
    found = (one.predicate.steps_named(one.settings) for one in questions(rule_of(raw)))
    return frozenset().union(*found)


def needs_event(raw: dict[str, Any]) -> bool:
    """Whether it counts from the campaign's event."""
    return any(one.predicate.needs_event(one.settings) for one in questions(rule_of(raw)))
