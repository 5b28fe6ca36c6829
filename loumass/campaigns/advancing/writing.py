"""A slice written down: everybody who was claimed, every step entered and left, in one statement each."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from loumass.campaigns.advancing.ground import Ground
from loumass.core.database import db
from loumass.events.service import publish_all
from loumass.messages.planning import cancel_planned

_LEAVE = text("""
    UPDATE step SET left_at = :now, outcome = gone.outcome
    FROM unnest(CAST(:ids AS uuid[]), CAST(:outcomes AS text[])) AS gone(id, outcome)
    WHERE step.organization_id = :organization_id AND step.id = gone.id
""")
# A visit that is there already means that two walked the same person: nothing of this slice may be kept.
_ENTER = text("""
    INSERT INTO step (organization_id, id, enrollment_id, campaign_id, node_id, visit, entered_at, left_at, outcome)
    SELECT :organization_id, new.id, new.enrollment_id, :campaign_id, new.node_id, new.visit, :now, new.left_at, new.outcome
    FROM unnest(CAST(:ids AS uuid[]), CAST(:enrollments AS uuid[]), CAST(:nodes AS uuid[]), CAST(:visits AS integer[]),
        CAST(:left_ats AS timestamptz[]), CAST(:outcomes AS text[])) AS new(id, enrollment_id, node_id, visit, left_at, outcome)
    RETURNING id
""")
_WALKERS = text("""
    UPDATE enrollment SET state = w.state, reason = w.reason, node_id = w.node_id, step_id = w.step_id, visit = w.visit,
        entered_at = w.entered_at, stage = w.stage, status = w.status, status_changed_at = w.status_changed_at,
        due_at = w.due_at, waiting_for = w.waiting_for, is_catching_up = w.is_catching_up,
        ended_at = CASE WHEN w.state = 'ended' THEN CAST(:now AS timestamptz) END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS w(id uuid, state text, reason text, node_id uuid, step_id uuid,
        visit integer, entered_at timestamptz, stage text, status text, status_changed_at timestamptz,
        due_at timestamptz, waiting_for jsonb, is_catching_up boolean)
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = w.id
""")
_COLUMNS = (
    "id", "state", "reason", "node_id", "step_id", "visit", "entered_at", "stage", "status", "status_changed_at",
    "due_at", "waiting_for", "is_catching_up",
)  # fmt: skip


def write(ground: Ground) -> None:
    """Write the slice and tell its news. What is queued for those who left is cancelled with it."""
    if not ground.walkers:
        return
    if ground.left:
        values = ground.bound(now=ground.now, ids=list(ground.left), outcomes=list(ground.left.values()))
        db().execute(_LEAVE, values)
    _write_steps(ground)
    rows = [{name: getattr(walker, name) for name in _COLUMNS} for walker in ground.walkers]
    db().execute(_WALKERS, ground.bound(now=ground.now, rows=json.dumps(rows, default=str)))
    cancel_planned([walker.id for walker in ground.walkers if walker.state == "ended"])
    for kind, facts in sorted(ground.news.items()):
        publish_all(kind, facts)


def _write_steps(ground: Ground) -> None:
    steps = ground.entered
    if not steps:
        return
    values: dict[str, Any] = {
        "campaign_id": ground.campaign.id,
        "now": ground.now,
        "ids": [step.id for step in steps],
        "enrollments": [step.walker.id for step in steps],
        "nodes": [step.node_id for step in steps],
        "visits": [step.visit for step in steps],
        "left_ats": [step.left_at for step in steps],
        "outcomes": [step.outcome for step in steps],
    }
    db().execute(_ENTER, ground.bound(**values))
