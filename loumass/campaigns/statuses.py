"""The BDR's status of people in a campaign: set, told, and those who wait for it woken."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.waking import announce, wake_those_waiting
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.funnels.statuses import Status

_SET = text("""
    WITH chosen AS MATERIALIZED (
        SELECT id FROM enrollment
        WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND status <> :status
        ORDER BY id FOR UPDATE
    )
    UPDATE enrollment SET status = :status, status_changed_at = :now
    FROM chosen
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = chosen.id
    RETURNING enrollment.id, enrollment.contact_id, enrollment.campaign_id
""")


def set_status(enrollment_ids: Sequence[UUID], status: str) -> int:
    """Give the enrollments the status, in one statement; returns how many had another. Raises Refused for a made-up one."""
    if status not in set(Status):
        raise Refused(f"There is no status called {status}. Nothing was changed.")
    rows = db().execute(
        _SET,
        {
            "organization_id": current_organization_id(),
            "ids": list(enrollment_ids),
            "status": str(Status(status)),
            "now": clock.now(),
        },
    ).all()  # fmt: skip
    publish_all(
        "enrollment.status_changed",
        [
            {
                "enrollment_id": row.id,
                "contact_id": row.contact_id,
                "campaign_id": row.campaign_id,
                "facts": {"status": str(Status(status))},
            }
            for row in rows
        ],
    )
    wake_those_waiting([row.id for row in rows], "status")
    announce(row.campaign_id for row in rows)
    return len(rows)
