"""Waits and conditions: the facts of all who stand there in one statement, the pure step for each.

Windows of hours, changes of summer time and case folding have one home, `loumass.funnels`; in SQL they would
be a second, slightly different truth.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from loumass.campaigns.advancing.facts import facts_of
from loumass.campaigns.advancing.ground import Ground, Walker
from loumass.campaigns.advancing.verdict import Rest, Verdict
from loumass.funnels.kinds import kind_of
from loumass.funnels.node import Node

#: No news tells of tags and fields (a person edits them anywhere), so these questions are asked again.
ASKED_AGAIN = ("tag", "field")
ASKED_EVERY = timedelta(minutes=5)


def ask(ground: Ground, node: Node, config: Any, walkers: list[Walker]) -> Verdict:
    """What the pure step decides for each. Raises ValueError for settings that lead nowhere."""
    kind = kind_of(node.kind)
    verdict = Verdict()
    for facts in facts_of(ground, walkers, config):
        verdict.take(facts.enrollment_id, kind.decide(node, config, facts, ground.now))
    if getattr(config, "test", None) in ASKED_AGAIN:
        verdict.rest = {one: _asked_again(rest, ground.now) for one, rest in verdict.rest.items()}
    return verdict


def _asked_again(rest: Rest, now: datetime) -> Rest:
    again = now + ASKED_EVERY
    if rest.due_at is None or rest.due_at <= again:
        return rest
    return replace(rest, due_at=again, waiting_for={**rest.waiting_for, "until": rest.due_at.isoformat()})
