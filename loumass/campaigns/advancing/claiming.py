"""Who is due: locked, read with all that every kind needs, and rid of people who were deleted meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.campaigns.advancing import moving
from loumass.campaigns.advancing.ground import Ground, Walker
from loumass.core.database import db

DELETED, MERGED = "deleted", "merged"

_CLAIM = text("""
    SELECT e.id, e.contact_id, e.node_id, e.step_id, e.visit, e.entered_at, e.stage, e.status, e.status_changed_at,
        e.is_catching_up, e.replied_at, e.last_sent_at, contact.timezone, contact.archived_at, contact.merged_into_id
    FROM enrollment e
    JOIN contact ON contact.organization_id = :organization_id AND contact.id = e.contact_id
    WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id
      AND e.state IN ('active', 'waiting') AND e.due_at <= :now
    ORDER BY e.due_at LIMIT :most FOR UPDATE OF e SKIP LOCKED
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
    parameters = ground.bound(campaign_id=ground.campaign.id, now=ground.now, most=most)
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
    parameters = ground.bound(campaign_id=ground.campaign.id, ids=merged)
    followed = db().execute(_FOLLOW_MERGED, parameters).all()
    for row in followed:
        walkers[row.id].contact_id, walkers[row.id].timezone = row.contact_id, row.timezone
    return [row.id for row in followed]


def _walker(row: Row[Any]) -> Walker:
    # The columns of the claim are a walker's, in its order, up to the two that say whether they are gone.
    values: Any = row[:-2]
    return Walker(*values)
