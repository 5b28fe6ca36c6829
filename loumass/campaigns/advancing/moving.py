"""People walk in memory: verdicts carried out on those who were claimed. `writing` writes the result down."""

from __future__ import annotations

from uuid import UUID

from loumass.funnels.kinds.end import FINISHED
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.verdict import Verdict
from loumass.funnels.walking.walker import NewStep, Walker


def begin(ground: Ground, walker: Walker) -> None:
    """Enter the graph at its first step. Raises ValueError for a graph without one: such a campaign never starts."""
    if ground.graph.start is None:
        raise ValueError(f"Campaign {ground.campaign_id} runs without a first step.")
    _enter(ground, walker, ground.graph.start)
    ground.tell("enrollment.started", walker)


def carry_out(ground: Ground, node_id: UUID, walkers: list[Walker], verdict: Verdict) -> None:
    """Do with the people at `node_id` what `verdict` says; those who go on stand at their next node afterwards."""
    for walker in walkers:
        if leave := verdict.leave.get(walker.id):
            target = ground.graph.follow(node_id, leave.way)
            _leave(ground, walker, leave.outcome)
            if target is None:
                end(ground, walker, FINISHED)
            else:
                _enter(ground, walker, target)
        elif rest := verdict.rest.get(walker.id):
            _stay(walker, "waiting", None)
            walker.due_at, walker.waiting_for = rest.due_at, rest.waiting_for
        elif hold := verdict.hold.get(walker.id):
            _stay(walker, "held", hold.reason)
            walker.waiting_for = hold.waiting_for
        else:
            end(ground, walker, verdict.end[walker.id])


def end(ground: Ground, walker: Walker, reason: str) -> None:
    """Leave the campaign here, for `reason`."""
    _leave(ground, walker, reason)
    walker.state, walker.reason, walker.due_at, walker.waiting_for = "ended", reason, None, None
    ground.tell("enrollment.ended", walker, reason=reason)


def _enter(ground: Ground, walker: Walker, node_id: UUID) -> None:
    walker.visit += 1
    walker.node_id, walker.step_id, walker.entered_at = node_id, None, ground.now
    walker.new_step = NewStep(walker, node_id, walker.visit)
    # Were the slice to stop here (a loop), the next one goes on at once.
    walker.state, walker.reason, walker.due_at, walker.waiting_for = "active", None, ground.now, None
    ground.entered.append(walker.new_step)
    ground.standing[node_id].append(walker)


def _leave(ground: Ground, walker: Walker, outcome: str) -> None:
    """Close the step, unless it was closed by the way that leads nowhere."""
    if walker.new_step is not None:
        if walker.new_step.left_at is None:
            walker.new_step.left_at, walker.new_step.outcome = ground.now, outcome
    elif walker.step_id is not None:
        ground.left.setdefault(walker.step_id, outcome)


def _stay(walker: Walker, state: str, reason: str | None) -> None:
    walker.state, walker.reason, walker.due_at, walker.is_catching_up = state, reason, None, False
