"""Segments inside of a rule, each replaced by the rule that it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from loumass.contacts.rules.model import Group, Question, Rule, questions
from loumass.contacts.rules.reading import MOST_QUESTIONS, Complaint, RuleRefused, ids_among, read
from loumass.contacts.segment_models import Segment
from loumass.core.database import db

#: A question about another segment: the name of its predicate, which `predicates.segment` has.
IN_SEGMENT = "segment"
#: Segments in segments in segments: more is a puzzle, not a rule.
DEEPEST = 5
MOST_EXPANDED = 4 * MOST_QUESTIONS
CIRCLE = "These segments ask for each other in a circle, so nobody can be told to be in them."


def expanded(rule: Rule, instead: Mapping[UUID, Rule] | None = None) -> Rule:
    """The rule without questions about segments. `instead` are rules that segments are about to have.

    One statement for each level of segments in segments, none where there are none. Raises RuleRefused for a segment that
    is not here or cannot be read, for a circle, and for too much at once.
    """
    rules = _gathered(rule, dict(instead or {}))
    whole = _replaced(rule, rules, ())
    if sum(1 for _ in questions(whole)) > MOST_EXPANDED:
        raise _refused(f"With its segments this rule asks more than {MOST_EXPANDED} questions.")
    return whole


def segments_in(rule: Rule) -> dict[UUID, str]:
    """The segments that the rule asks for itself, with the id as it stands there."""
    return ids_among(one.settings.segment for one in questions(rule) if _is_segment(one))  # pyright: ignore[reportAttributeAccessIssue]  the predicate's own


def _gathered(rule: Rule, known: dict[UUID, Rule]) -> dict[UUID, Rule]:
    found: dict[UUID, Rule] = {}
    ahead = set(segments_in(rule))
    while ahead:
        unread = ahead - known.keys()
        if unread:
            known |= _stored(unread)
        if not ahead <= known.keys():
            raise _refused("A segment that this rule asks for is not here any more. Choose another.")
        found |= {one: known[one] for one in ahead}
        ahead = {inner for one in ahead for inner in segments_in(known[one])} - found.keys()
    return found


def _stored(ids: set[UUID]) -> dict[UUID, Rule]:
    rows = db().execute(
        select(Segment.id, Segment.rule).where(Segment.id.in_(ids), Segment.archived_at.is_(None))
    )
    return {row.id: read(row.rule) for row in rows}


def _replaced(rule: Rule, rules: Mapping[UUID, Rule], above: tuple[UUID, ...]) -> Rule:
    if isinstance(rule, Group):
        return replace(rule, rules=tuple(_replaced(one, rules, above) for one in rule.rules))
    if not _is_segment(rule):
        return rule
    (asked,) = segments_in(rule)
    if asked in above:
        raise _refused(CIRCLE)
    if len(above) == DEEPEST:
        raise _refused(f"Segments stand at most {DEEPEST} deep in each other.")
    inner = _replaced(rules[asked], rules, (*above, asked))
    return replace(inner, is_not=inner.is_not != rule.is_not)


def _is_segment(question: Question) -> bool:
    return question.predicate.name == IN_SEGMENT


def _refused(sentence: str) -> RuleRefused:
    return RuleRefused([Complaint("0", "", sentence)])
