"""How a person leaves a campaign: the step closed, queued messages cancelled, the news told, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.funnels.kinds import KINDS
from loumass.messages.planned import cancel_planned

# Locked in id order, so that two listeners that end the same people never wait for each other in a circle.
_END = text("""
    WITH ending AS MATERIALIZED (
        SELECT e.id, e.step_id, leaving.reason
        FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS leaving(id, reason)
        JOIN enrollment e ON e.organization_id = :organization_id AND e.id = leaving.id
        WHERE e.state <> 'ended'
        ORDER BY e.id FOR UPDATE OF e
    ), gone AS (
        UPDATE step SET left_at = :now, outcome = ending.reason FROM ending
        WHERE step.organization_id = :organization_id AND step.id = ending.step_id AND step.left_at IS NULL
        RETURNING step.id
    )
    UPDATE enrollment SET state = 'ended', reason = ending.reason, ended_at = :now, due_at = NULL, waiting_for = NULL
    FROM ending
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = ending.id
    RETURNING enrollment.id, enrollment.contact_id, enrollment.campaign_id, enrollment.node_id, enrollment.reason
""")


def end(reasons: Mapping[UUID, str]) -> Sequence[Row[Any]]:
    """End the live ones among the enrollments, each for its reason; what is queued for them, or to be done, is cancelled.

    Returns the rows that ended (id, contact_id, campaign_id, node_id, reason).
    """
    if not reasons:
        return ()
    rows = db().execute(
        _END,
        {
            "organization_id": current_organization_id(),
            "now": clock.now(),
            "ids": list(reasons),
            "reasons": list(reasons.values()),
        },
    ).all()  # fmt: skip
    gone = [row.id for row in rows]
    cancel_planned(gone)
    for kind in KINDS.values():
        kind.let_go(gone)
    publish_all("enrollment.ended", [_fact(row) for row in rows])
    return rows


def _fact(row: Row[Any]) -> dict[str, Any]:
    return {
        "enrollment_id": row.id,
        "contact_id": row.contact_id,
        "campaign_id": row.campaign_id,
        "node_id": row.node_id,
        "facts": {"reason": row.reason},
    }
