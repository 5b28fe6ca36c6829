"""A split that looks for the better way: who is in the trial, who waits for its end, and which way won."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, text

from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.likelihood import Tried, best_of, judge
from loumass.funnels.local_time import moment
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.walker import Walker

if TYPE_CHECKING:
    from loumass.funnels.kinds.split import SplitConfig

#: When nobody of the trial was written to yet, there is nothing to judge: it is looked at again.
_LOOKED_AT_AGAIN = timedelta(hours=1)

_READ = text("SELECT * FROM split_trial WHERE organization_id = :organization_id AND node_id = :node_id")
_BEGIN = text("""
    INSERT INTO split_trial (organization_id, node_id) VALUES (:organization_id, :node_id)
    ON CONFLICT (organization_id, node_id) DO NOTHING
""")
_LOCK = text(
    "SELECT * FROM split_trial WHERE organization_id = :organization_id AND node_id = :node_id FOR UPDATE"
)
_TAKE = text("""
    UPDATE split_trial SET taken = taken + :people, full_at = coalesce(full_at, CAST(:full_at AS timestamptz))
    WHERE organization_id = :organization_id AND node_id = :node_id
""")
_DECIDE = text("""
    UPDATE split_trial SET winner = :winner, decided_at = :now, figures = CAST(:figures AS jsonb)
    WHERE organization_id = :organization_id AND node_id = :node_id
""")
# Counted are those who were written to since they took their way, and of them those who answered since.
_COUNT = """
    SELECT s.outcome AS branch, count(*) AS people, count(*) FILTER (WHERE {answered}) AS answers
    FROM step s JOIN enrollment e ON e.organization_id = :organization_id AND e.id = s.enrollment_id
    WHERE s.organization_id = :organization_id AND s.node_id = :node_id AND s.left_at IS NOT NULL
      AND e.last_sent_at >= s.left_at
    GROUP BY s.outcome
"""
_COUNTS = {
    "replies": text(_COUNT.format(answered="e.replied_at >= s.left_at")),
    "clicks": text(
        _COUNT.format(
            answered="""EXISTS (
        SELECT 1 FROM message m JOIN hit_count h ON h.organization_id = :organization_id AND h.message_id = m.id
        WHERE m.organization_id = :organization_id AND m.enrollment_id = e.id AND m.direction = 'out'
          AND m.sent_at >= s.left_at AND h.link > 0 AND h.first_human_at IS NOT NULL)"""
        )
    ),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One person before a split that looks for the better way: among those it is tried on, or, later, the winner, or
    when that is known."""

    is_tried: bool = False
    winner: str | None = None
    decides_at: datetime | None = None


def trials(
    ground: Ground, node: Node, config: SplitConfig, walkers: Sequence[Walker]
) -> Iterator[tuple[Walker, Trial]]:
    """Each of them with how they stand to the trial, which goes on or ends by their coming."""
    bound = ground.bound(node_id=node.id)
    trial = db().execute(_READ, bound).one_or_none()
    if trial is None or trial.winner is None:
        db().execute(_BEGIN, bound)
        trial = db().execute(_LOCK, bound).one()
    if trial.winner is not None:
        return ((walker, Trial(winner=trial.winner)) for walker in walkers)
    if config.winner == "date":
        return _until_a_date(ground, node, config, walkers)
    return _after_people(ground, node, config, walkers, trial)


def _until_a_date(
    ground: Ground, node: Node, config: SplitConfig, walkers: Sequence[Walker]
) -> Iterator[tuple[Walker, Trial]]:
    if config.on is None:
        raise ValueError("A split that is decided on a date has none.")
    at = moment(config.on.date(), config.on.time(), ground.home)
    here = Trial(is_tried=True) if ground.now < at else _decided(ground, node, config)
    return ((walker, here) for walker in walkers)


def _after_people(
    ground: Ground, node: Node, config: SplitConfig, walkers: Sequence[Walker], trial: Row[Any]
) -> Iterator[tuple[Walker, Trial]]:
    room = max(config.after_people - trial.taken, 0)
    tried = {walker.id for walker in sorted(walkers, key=lambda one: one.id)[:room]}
    is_full = len(tried) == room
    full_at = trial.full_at or (ground.now if is_full else None)
    if tried:
        db().execute(_TAKE, ground.bound(node_id=node.id, people=len(tried), full_at=full_at))
    later = _later(ground, node, config, full_at) if len(tried) < len(walkers) else Trial()
    return ((walker, Trial(is_tried=True) if walker.id in tried else later) for walker in walkers)


def _later(ground: Ground, node: Node, config: SplitConfig, full_at: datetime | None) -> Trial:
    decides_at = (full_at or ground.now) + timedelta(hours=config.patience)
    return _decided(ground, node, config) if ground.now >= decides_at else Trial(decides_at=decides_at)


def _decided(ground: Ground, node: Node, config: SplitConfig) -> Trial:
    tried = counted(node, config)
    if not any(one.people for one in tried.values()):
        return Trial(decides_at=ground.now + _LOOKED_AT_AGAIN)
    winner = list(tried)[best_of(list(tried.values()))]
    figures = {letter: [one.people, one.answers] for letter, one in tried.items()}
    bound = ground.bound(node_id=node.id, now=ground.now, winner=winner, figures=json.dumps(figures))
    db().execute(_DECIDE, bound)
    return Trial(winner=winner)


def counted(node: Node, config: SplitConfig) -> dict[str, Tried]:
    """What each way got so far: how many were written to since they took it, and how many of them answered since."""
    bound = {"organization_id": current_organization_id(), "node_id": node.id}
    rows = {row.branch: Tried(row.people, row.answers) for row in db().execute(_COUNTS[config.by], bound)}
    return {letter: rows.get(letter, Tried(0, 0)) for letter in config.shares}


def figures_of(node: Node, config: SplitConfig) -> list[str]:
    """How each way does, how sure that is, and what was decided, in sentences; nothing before anybody came."""
    bound = {"organization_id": current_organization_id(), "node_id": node.id}
    trial = db().execute(_READ, bound).one_or_none()
    if trial is None:
        return []
    tried = counted(node, config)
    judged = judge(list(tried.values()))
    lines = [_way(letter, one, config.by) for letter, one in tried.items()]
    lines = [
        f"{line}, surely between {here.low * 100:.1f} and {here.high * 100:.1f}%" if one.people else line
        for line, one, here in zip(lines, tried.values(), judged, strict=True)
    ]
    likely = max(range(len(judged)), key=lambda at: judged[at].is_best)
    letter = list(tried)[likely].upper()
    if any(one.people for one in tried.values()):
        lines.append(f"{letter} is the better one with a probability of {judged[likely].is_best * 100:.0f}%")
    if trial.winner:
        lines.append(f"{trial.winner.upper()} takes everybody since it won")
    return lines


def _way(letter: str, one: Tried, by: str) -> str:
    if not one.people:
        return f"{letter.upper()}: nobody was written to yet"
    verb = "replied" if by == "replies" else "clicked"
    return f"{letter.upper()}: {one.answers:,} of {one.people:,} {verb}, {one.rate * 100:.1f}%"
