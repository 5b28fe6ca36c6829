"""Waits and conditions: the facts of all who stand there in one statement, the pure step for each who differs.

Windows of hours, changes of summer time and case folding have one home, `loumass.funnels`; in SQL they would
be a second, slightly different truth.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from loumass.campaigns.advancing.facts import known_of
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
    is_asked_again = getattr(config, "test", None) in ASKED_AGAIN
    for facts, alike in known_of(ground, walkers, config):
        verdict.take(alike, kind.decide(node, config, facts, ground.now))
        if is_asked_again and (rest := verdict.rest.get(alike[0])):
            verdict.rest |= dict.fromkeys(alike, _asked_again(rest, ground.now))
    return verdict


def _asked_again(rest: Rest, now: datetime) -> Rest:
    again = now + ASKED_EVERY
    if rest.due_at is None or rest.due_at <= again:
        return rest
    return replace(rest, due_at=again, waiting_for={**rest.waiting_for, "until": rest.due_at.isoformat()})
