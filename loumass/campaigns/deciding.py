"""What a person decides about people in a campaign: hold them, let them go on, take them out."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.accounts.service import audit
from loumass.campaigns.ending import end
from loumass.campaigns.parking import unpark
from loumass.campaigns.waking import announce, wake_engine
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

_LOCKED = """
    chosen AS MATERIALIZED (
        SELECT id FROM enrollment
        WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND {which}
        ORDER BY id FOR UPDATE
    )
"""
# Timers count from when they came here or were written to, so going on finds the same one again.
_HOLD = text(f"""
    WITH {_LOCKED.format(which="state IN ('active', 'waiting')")}
    UPDATE enrollment SET state = 'held', reason = 'by_hand', due_at = NULL,
        waiting_for = jsonb_build_object('for', 'person', 'by', CAST(:user_id AS text), 'since', CAST(:since AS text))
    FROM chosen
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = chosen.id
    RETURNING enrollment.id, enrollment.campaign_id
""")
_RELEASE = text(f"""
    WITH {_LOCKED.format(which="state = 'held' AND waiting_for ->> 'for' NOT IN ('settlement', 'opt_out')")}
    UPDATE enrollment SET state = 'active', reason = NULL, due_at = :now, waiting_for = NULL
    FROM chosen
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = chosen.id
    RETURNING enrollment.id, enrollment.campaign_id
""")


def hold_people(enrollment_ids: Sequence[UUID], user_id: UUID | None) -> int:
    """They stay where they are until somebody lets them go on; returns how many. What is queued still leaves."""
    since = clock.now().isoformat()
    rows = db().execute(_HOLD, _bound(enrollment_ids) | {"user_id": str(user_id or ""), "since": since}).all()
    announce(row.campaign_id for row in rows)
    return len(rows)


def release_people(enrollment_ids: Sequence[UUID]) -> int:
    """Those who are held, or parked while they are away, are decided on again; returns how many. A send in doubt must be
    settled instead, and what may be an opt-out decided in the inbox."""
    rows = db().execute(_RELEASE, _bound(enrollment_ids) | {"now": clock.now()}).all()
    wake_engine(row.campaign_id for row in rows)
    announce(row.campaign_id for row in rows)
    return len(rows) + unpark(enrollment_ids)


def end_people(enrollment_ids: Sequence[UUID]) -> int:
    """They leave now, and nothing that is queued for them goes out; returns how many were still inside."""
    rows = end(dict.fromkeys(enrollment_ids, "by_hand"))
    audit("campaign.people_ended", people=len(rows))
    wake_engine(row.campaign_id for row in rows)
    announce(row.campaign_id for row in rows)
    return len(rows)


def _bound(enrollment_ids: Sequence[UUID]) -> dict[str, object]:
    return {"organization_id": current_organization_id(), "ids": list(enrollment_ids)}
