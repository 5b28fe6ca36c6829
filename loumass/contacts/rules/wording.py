"""A rule in words: one sentence for lists, nodes and forms."""

from __future__ import annotations

from loumass.contacts.rules.model import Group, Question, Rule
from loumass.contacts.rules.predicate import Names

EVERYBODY, NOBODY = "Everybody", "Nobody"


def in_words(rule: Rule, names: Names) -> str:
    """`Tag is VIP, and city is Denver or Boulder`; without a full stop."""
    words = _words(rule, names)
    return words[:1].upper() + words[1:]


def _words(rule: Rule, names: Names) -> str:
    if isinstance(rule, Question):
        return rule.predicate.words(rule.settings, rule.is_not, names)
    if not rule.rules:
        return NOBODY if (rule.match == "any") != rule.is_not else EVERYBODY
    joined = (" and " if rule.match == "all" else " or ").join(
        f"({words})" if _is_list(one) else words
        for one in rule.rules
        for words in [_words(one, names)]
    )  # fmt: skip
    if not rule.is_not:
        return joined
    return f"none of: {joined}" if rule.match == "any" else f"not all of: {joined}"


def _is_list(rule: Rule) -> bool:
    return isinstance(rule, Group) and (len(rule.rules) > 1 or rule.is_not)
