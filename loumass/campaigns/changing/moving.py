"""People on a step that goes: they finish on the old version, are moved to another step, or leave; in sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.ending import end
from loumass.campaigns.models import Campaign
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.kinds import KINDS
from loumass.messages.planned import cancel_planned

STEP_REMOVED = "step_removed"
MOVED = "moved"
SLICE = 20_000

# The copy of a step on the version that was frozen names what it was copied from.
_FINISH = text("""
    WITH chosen AS MATERIALIZED (
        SELECT e.id, copy.id AS copy_id FROM enrollment e
        JOIN node copy ON copy.organization_id = :organization_id AND copy.graph_id = :before_id AND copy.origin_id = e.node_id
        WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state <> 'ended'
          AND e.node_id = ANY(CAST(:nodes AS uuid[]))
        ORDER BY e.id FOR UPDATE OF e
    ), visited AS (
        INSERT INTO visited_node (organization_id, node_id) SELECT DISTINCT CAST(:organization_id AS uuid), copy_id FROM chosen
        ON CONFLICT (organization_id, node_id) DO NOTHING
    )
    UPDATE enrollment SET node_id = chosen.copy_id FROM chosen
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = chosen.id
    RETURNING enrollment.id
""")
_THERE = text("""
    SELECT e.id, e.step_id FROM enrollment e
    WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state <> 'ended' AND e.node_id = :node_id
    ORDER BY e.id FOR UPDATE
""")
_QUEUED = text("""
    SELECT m.enrollment_id FROM message m
    WHERE m.organization_id = :organization_id AND m.step_id = ANY(CAST(:steps AS uuid[])) AND m.state = 'queued'
""")
# Whom a person or their own words hold, and who is away, stays so: there as here.
_STAYS_HELD = "(e.state = 'held' AND e.waiting_for ->> 'for' IN ('person', 'opt_out'))"
_STAYS_AWAY = "(e.state = 'waiting' AND e.waiting_for ->> 'for' = 'away')"
_MOVE = text(f"""
    WITH chosen AS MATERIALIZED (
        SELECT e.id, e.step_id, e.visit FROM enrollment e
        WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state <> 'ended'
          AND e.node_id = :node_id
        ORDER BY e.id FOR UPDATE
    ), closed AS (
        UPDATE step SET left_at = CAST(:now AS timestamptz), outcome = :moved FROM chosen
        WHERE step.organization_id = :organization_id AND step.id = chosen.step_id AND step.left_at IS NULL
        RETURNING step.id
    ), visited AS (
        INSERT INTO visited_node (organization_id, node_id) VALUES (:organization_id, :target)
        ON CONFLICT (organization_id, node_id) DO NOTHING
    ), entered AS (
        INSERT INTO step (organization_id, id, enrollment_id, campaign_id, node_id, visit, entered_at, version)
        SELECT :organization_id, uuidv7(), chosen.id, :campaign_id, :target, chosen.visit + 1, CAST(:now AS timestamptz), :version
        FROM chosen RETURNING id, enrollment_id, visit
    )
    UPDATE enrollment e SET node_id = :target, step_id = entered.id, visit = entered.visit, entered_at = CAST(:now AS timestamptz),
        state = CASE WHEN {_STAYS_HELD} OR {_STAYS_AWAY} THEN e.state ELSE 'active' END,
        reason = CASE WHEN {_STAYS_HELD} THEN e.reason END,
        waiting_for = CASE WHEN {_STAYS_HELD} OR {_STAYS_AWAY} THEN e.waiting_for END,
        due_at = CASE WHEN {_STAYS_HELD} THEN NULL WHEN {_STAYS_AWAY} THEN e.due_at ELSE CAST(:now AS timestamptz) END
    FROM entered WHERE e.organization_id = :organization_id AND e.id = entered.enrollment_id
    RETURNING e.id
""")


def let_finish(campaign: Campaign, before_id: UUID, nodes: Sequence[UUID]) -> int:
    """Who stands on one of the nodes walks on over the frozen version `before_id`; how many."""
    if not nodes:
        return 0
    rows = db().execute(_FINISH, _of(campaign, before_id=before_id, nodes=uuid_array(nodes)))
    return len(rows.all())


def move_to(campaign: Campaign, node_id: UUID, target: UUID) -> int:
    """Who stands on `node_id` comes to `target` now; what is queued or to be done for them there is
    cancelled. How many."""
    rows = _there(campaign, node_id)
    steps = uuid_array(row.step_id for row in rows if row.step_id)
    bound = _of(campaign, steps=steps)
    queued = db().scalars(_QUEUED, {name: bound[name] for name in ("organization_id", "steps")}).all()
    for start in range(0, len(queued), SLICE):
        cancel_planned(queued[start : start + SLICE], "Its step was taken out of the campaign.")
    moved = [row.id for row in rows]
    for kind in KINDS.values():
        kind.let_go(moved)
    more = {"target": target, "version": campaign.version, "moved": MOVED, "now": clock.now()}
    return len(db().execute(_MOVE, _of(campaign, node_id=node_id, **more)).all())


def take_out(campaign: Campaign, node_id: UUID) -> int:
    """Who stands on `node_id` leaves the campaign; how many."""
    ids = [row.id for row in _there(campaign, node_id)]
    for start in range(0, len(ids), SLICE):
        end(dict.fromkeys(ids[start : start + SLICE], STEP_REMOVED))
    return len(ids)


def _there(campaign: Campaign, node_id: UUID) -> Sequence[Any]:
    return db().execute(_THERE, _of(campaign, node_id=node_id)).all()


def _of(campaign: Campaign, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "campaign_id": campaign.id, **more}
