"""What an answer makes of the BDR's status: a positive one and a "not interested" as the campaign or the organization says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.statuses import set_status
from loumass.campaigns.waking import wake_those_waiting
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.events.service import hears

# What a vendor is yet to judge makes no status: that comes with its verdict.
_WANTED = text("""
    SELECT told.enrollment_id, CASE said.kind
        WHEN 'positive' THEN coalesce(campaign.positive_status, organization.positive_status)
        WHEN 'not_interested' THEN coalesce(campaign.declined_status, organization.declined_status) END AS status
    FROM unnest(CAST(:enrollments AS uuid[]), CAST(:messages AS uuid[])) AS told(enrollment_id, message_id)
    JOIN sorted_reply said ON said.organization_id = :organization_id AND said.message_id = told.message_id
        AND said.asks_since IS NULL AND said.kind IN ('positive', 'not_interested')
    JOIN enrollment ON enrollment.organization_id = :organization_id AND enrollment.id = told.enrollment_id
    JOIN campaign ON campaign.organization_id = :organization_id AND campaign.id = enrollment.campaign_id
    JOIN organization ON organization.id = :organization_id
""")


@hears("enrollment_id", "message_id")
def on_classified(events: Sequence[Event]) -> None:
    """message.classified: people get the status that such an answer makes, and whoever waits for one is asked again."""
    ids = [event.enrollment_id for event in events if event.enrollment_id]
    give_statuses(events, ids)
    wake_those_waiting(ids, "replied")


def give_statuses(events: Sequence[Event], enrollment_ids: Sequence[UUID], otherwise: str = "") -> None:
    """Each gets the status that the answer makes; whose answer makes none gets `otherwise` (empty: keeps theirs)."""
    by_status: defaultdict[str, list[UUID]] = defaultdict(list)
    wanted = _wanted(events)
    for one in dict.fromkeys(enrollment_ids):
        by_status[wanted.get(one) or otherwise].append(one)
    for status, ids in sorted(by_status.items()):
        if status:
            set_status(ids, status)


def _wanted(events: Sequence[Event]) -> dict[UUID, str]:
    told = [event for event in events if event.enrollment_id and event.message_id]
    if not told:
        return {}
    bound: dict[str, Any] = {
        "organization_id": current_organization_id(),
        "enrollments": uuid_array(event.enrollment_id for event in told),
        "messages": uuid_array(event.message_id for event in told),
    }
    return {row.enrollment_id: row.status for row in db().execute(_WANTED, bound) if row.status}
