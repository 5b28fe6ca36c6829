"""Who is due: locked, read with all that every kind needs, and rid of people who were deleted meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.campaigns.advancing import moving
from loumass.core.database import db
from loumass.core.plans import looked_up_in_order
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.walker import Walker

DELETED, MERGED = "deleted", "merged"

# Those of one moment in the order in which they were added: so are their tasks and messages, whichever row is read first.
_CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT id, contact_id, node_id, step_id, visit, entered_at, stage, status, status_changed_at, is_catching_up,
            replied_at, last_sent_at, triggering_message_id, due_at
        FROM enrollment
        WHERE organization_id = :organization_id AND campaign_id = :campaign_id
          AND state IN ('active', 'waiting') AND due_at <= :now
        ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
    SELECT due.id, due.contact_id, due.node_id, due.step_id, due.visit, due.entered_at, due.stage, due.status,
        due.status_changed_at, due.is_catching_up, due.replied_at, due.last_sent_at,
        contact.timezone, due.triggering_message_id, contact.archived_at, contact.merged_into_id
    FROM due CROSS JOIN LATERAL (
        SELECT timezone, archived_at, merged_into_id FROM contact
        WHERE contact.organization_id = :organization_id AND contact.id = due.contact_id OFFSET 0) contact
    ORDER BY due.due_at, due.id
""")
# Who was merged goes on as the person they are now, unless that person walks here already; of two that were
# merged into the same person the first one goes on.
_FOLLOW_MERGED = text("""
    UPDATE enrollment SET contact_id = gone.merged_into_id
    FROM contact gone JOIN contact kept ON kept.organization_id = :organization_id AND kept.id = gone.merged_into_id
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = ANY(CAST(:ids AS uuid[]))
      AND gone.organization_id = :organization_id AND gone.id = enrollment.contact_id AND kept.archived_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM enrollment other WHERE other.organization_id = :organization_id
          AND other.campaign_id = :campaign_id AND other.contact_id = gone.merged_into_id AND other.state <> 'ended')
      AND NOT EXISTS (SELECT 1 FROM enrollment twin JOIN contact same
              ON same.organization_id = :organization_id AND same.id = twin.contact_id
          WHERE twin.organization_id = :organization_id AND twin.campaign_id = :campaign_id AND twin.state <> 'ended'
            AND same.merged_into_id = gone.merged_into_id AND twin.id < enrollment.id)
    RETURNING enrollment.id, enrollment.contact_id, kept.timezone
""")


def claim(ground: Ground, most: int) -> int:
    """Lock and read at most `most` people who are due; those who have not begun begin. Returns how many."""
    parameters = ground.bound(campaign_id=ground.campaign_id, now=ground.now, most=most)
    with looked_up_in_order():
        rows = db().execute(_CLAIM, parameters).all()
    walkers = {row.id: _walker(row) for row in rows}
    ground.walkers += walkers.values()
    gone = {row.id: MERGED if row.merged_into_id else DELETED for row in rows if row.archived_at is not None}
    for enrollment_id in _followed(ground, walkers, gone):
        del gone[enrollment_id]
    for walker in ground.walkers:
        if walker.id in gone:
            moving.end(ground, walker, gone[walker.id])
        elif walker.node_id is None:
            moving.begin(ground, walker)
        else:
            ground.standing[walker.node_id].append(walker)
    return len(rows)


def _followed(ground: Ground, walkers: dict[UUID, Walker], gone: dict[UUID, str]) -> list[UUID]:
    """Those of `gone` who go on as somebody else."""
    merged = [enrollment_id for enrollment_id, reason in gone.items() if reason == MERGED]
    if not merged:
        return []
    parameters = ground.bound(campaign_id=ground.campaign_id, ids=merged)
    followed = db().execute(_FOLLOW_MERGED, parameters).all()
    for row in followed:
        walkers[row.id].contact_id, walkers[row.id].timezone = row.contact_id, row.timezone
    return [row.id for row in followed]


def _walker(row: Row[Any]) -> Walker:
    # The columns of the claim are a walker's, in its order, up to the two that say whether they are gone.
    values: Any = row[:-2]
    return Walker(*values)
