"""Rules asked of everybody who stands at a step: what must be looked up in one statement, the rest by the pure rule.

def look_up(self, ground, node, config, walkers):
    return answers_to(ground, rule_of(config), walkers)

def decide(self, node, config, facts, now):
    return Go(YES if holds(rule_of(config), facts, now) else NO)
"""

from __future__ import annotations

from collections.abc import Sequence

from loumass.contacts.rules.answering import answers_beyond
from loumass.contacts.rules.model import Rule
from loumass.contacts.rules.predicate import Walk
from loumass.contacts.rules.reading import RuleRefused
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import NOTHING_ASKED, Answers
from loumass.funnels.walking.walker import Walker


def answers_to(ground: Ground, rule: Rule, walkers: Sequence[Walker]) -> Answers:
    """`Facts.answers` for each walker; nothing is asked where the rule looks only at what came with the claim.

    Raises ValueError for what the rule names and is gone: they are held, visibly.
    """
    try:
        found = answers_beyond(rule, [one.id for one in walkers], walk_of(ground, walkers))
    except RuleRefused as refusal:
        raise ValueError(refusal.sentence) from refusal
    if not found:
        return NOTHING_ASKED
    return Answers(found, lambda answers: {"answers": answers or {}}, is_by_contact=False)


def walk_of(ground: Ground, walkers: Sequence[Walker] = ()) -> Walk:
    """The campaign under the walkers' feet, as questions about one walk want it, and what this slice made of them."""
    return Walk(
        campaign_id=ground.campaign_id,
        steps_called=ground.steps_called,
        event_at=ground.event_at,
        statuses={one.id: one.status for one in walkers if one.status_changed_at == ground.now},
    )
