"""A rule asked of one person as a pure function, and which facts that needs."""

from __future__ import annotations

from datetime import datetime
from functools import reduce

from loumass.contacts.rules.model import Question, Rule, questions
from loumass.contacts.rules.predicate import Known, Needs, NotKnown


def holds(rule: Rule, facts: Known, now: datetime) -> bool:
    """Whether an expanded rule holds. What rows said of it, or of a part of it (`facts.answers`), goes before.

    Raises NotKnown where neither facts nor answers say (`needs_of` tells beforehand).
    """
    return _plain(rule, facts, now) != rule.is_not


def needs_of(rule: Rule) -> Needs:
    """What `holds` looks at."""
    return reduce(Needs.__or__, map(_needs, questions(rule)), Needs())


def asked_of_rows(rule: Rule) -> list[Question]:
    """The questions that only rows can answer, each once: `answering.answers_of` asks them."""
    return list({one.key: one for one in questions(rule) if not one.predicate.is_pure(one.settings)}.values())


def asked_beyond(rule: Rule) -> list[Question]:
    """Those of which something must be looked up, each once; the others look only at what is known of whoever walks."""
    return list({one.key: one for one in questions(rule) if _needs(one) != Needs()}.values())


def woken_by(rule: Rule) -> tuple[frozenset[str], bool]:
    """The news after which the answer may differ, and whether it must be asked again from time to time besides."""
    asked = list(questions(rule))
    news = frozenset(name for one in asked for name in one.predicate.woken_by)
    return news, any(not one.predicate.woken_by for one in asked)


def _plain(rule: Rule, facts: Known, now: datetime) -> bool:
    said = facts.answers.get(rule.key)
    if said is not None:
        return said if isinstance(said, bool) else holds(said, facts, now)
    if isinstance(rule, Question):
        return rule.predicate.holds(rule.settings, facts, now)
    judge = all if rule.match == "all" else any
    return judge(holds(one, facts, now) for one in rule.rules)


def _needs(question: Question) -> Needs:
    if question.predicate.is_pure(question.settings):
        return question.predicate.needs(question.settings)
    return Needs(answers=frozenset({question.key}))


__all__ = ["NotKnown", "asked_beyond", "asked_of_rows", "holds", "needs_of", "woken_by"]
