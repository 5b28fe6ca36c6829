"""People on a step that goes: they finish on the old version, are moved to another step, or leave; a slice at a time.

Whoever was treated stands elsewhere: those who still stand there are what is left, so a slice can be lost and done again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from loumass.campaigns.ending import end
from loumass.campaigns.models import Campaign
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.kinds import KINDS
from loumass.funnels.models import Node
from loumass.messages.planned import cancel_planned

STEP_REMOVED = "step_removed"
MOVED = "moved"

# In whatever order the index has them: nothing is sorted, and nobody is locked yet.
_SOME = text("""
    SELECT id FROM enrollment
    WHERE organization_id = :organization_id AND campaign_id = :campaign_id AND state <> 'ended'
      AND node_id = ANY(CAST(:nodes AS uuid[]))
    LIMIT :most
""")
# The copy of a step on the version that was frozen names what it was copied from.
_FINISH = text("""
    WITH chosen AS MATERIALIZED (
        SELECT e.id, copy.id AS copy_id FROM enrollment e
        JOIN node copy ON copy.organization_id = :organization_id AND copy.graph_id = :before_id AND copy.origin_id = e.node_id
        WHERE e.organization_id = :organization_id AND e.id = ANY(CAST(:ids AS uuid[])) AND e.state <> 'ended'
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
_LOCKED = text("""
    SELECT e.id, e.step_id FROM enrollment e
    WHERE e.organization_id = :organization_id AND e.id = ANY(CAST(:ids AS uuid[])) AND e.state <> 'ended'
      AND e.node_id = :node_id
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
        WHERE e.organization_id = :organization_id AND e.id = ANY(CAST(:ids AS uuid[]))
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


def some_at(campaign: Campaign, nodes: Iterable[UUID], most: int) -> list[UUID]:
    """At most so many who stand on one of the nodes."""
    found = db().scalars(_SOME, _of(campaign, nodes=uuid_array(nodes), most=most))
    return list(found)


def copies_of(before_id: UUID, nodes: Collection[UUID]) -> dict[UUID, UUID]:
    """Step -> what it is on the frozen version."""
    found = select(Node.origin_id, Node.id).where(Node.graph_id == before_id, Node.origin_id.in_(nodes))
    return {row.origin_id: row.id for row in db().execute(found) if row.origin_id is not None}


def let_finish(before_id: UUID, ids: Collection[UUID], nodes: Iterable[UUID]) -> int:
    """Who of `ids` stands on one of the nodes walks on over the frozen version `before_id`; how many."""
    bound = _bound(before_id=before_id, ids=uuid_array(ids), nodes=uuid_array(nodes))
    return len(db().execute(_FINISH, bound).all())


def move_to(campaign: Campaign, ids: Collection[UUID], node_id: UUID, target: UUID) -> int:
    """Who of `ids` stands on `node_id` comes to `target` now; what is queued or to be done for them there is
    cancelled. How many."""
    rows = db().execute(_LOCKED, _bound(ids=uuid_array(ids), node_id=node_id)).all()
    steps = uuid_array(row.step_id for row in rows if row.step_id)
    queued = db().scalars(_QUEUED, _bound(steps=steps)).all()
    cancel_planned(queued, "Its step was taken out of the campaign.")
    here = [row.id for row in rows]
    for kind in KINDS.values():
        kind.let_go(here)
    more = {"target": target, "version": campaign.version, "moved": MOVED, "now": clock.now()}
    return len(db().execute(_MOVE, _of(campaign, ids=uuid_array(here), **more)).all())


def take_out(ids: Iterable[UUID]) -> int:
    """They leave the campaign; how many."""
    return len(end(dict.fromkeys(ids, STEP_REMOVED)))


def _of(campaign: Campaign, **more: Any) -> Mapping[str, Any]:
    return _bound(campaign_id=campaign.id, **more)


def _bound(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
