"""The campaigns that run, wait to run or rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

SHOWN = 8


@dataclass(frozen=True, slots=True)
class UnderWay:
    """One campaign in numbers of people."""

    id: UUID
    name: str
    state: str
    event_at: datetime | None
    event_timezone: str | None
    starts_at: datetime | None
    paused_by: str | None
    enrolled: int
    ended: int
    replied: int
    rsvp: int
    needs_bdr: int
    next_send_at: datetime | None


# The messages that wait say when the next one goes; before any is planned, the people who are due do.
_UNDER_WAY = text("""
    WITH chosen AS (
        SELECT id, name, state, event_at, event_timezone, starts_at, paused_by_id, created_at
        FROM campaign
        WHERE organization_id = :organization_id AND state IN ('running', 'paused', 'scheduled')
        ORDER BY (state = 'running') DESC, (state = 'scheduled') DESC, created_at DESC, id
        LIMIT :most
    ), people AS (
        SELECT campaign_id, count(*) AS enrolled, count(*) FILTER (WHERE state = 'ended') AS ended,
            count(*) FILTER (WHERE replied_at IS NOT NULL) AS replied,
            count(*) FILTER (WHERE status = 'Received RSVP') AS rsvp,
            count(*) FILTER (WHERE status = 'Needs BDR') AS needs_bdr,
            min(due_at) FILTER (WHERE state IN ('active', 'waiting')) AS due_at
        FROM enrollment
        WHERE organization_id = :organization_id AND campaign_id IN (SELECT id FROM chosen)
        GROUP BY campaign_id
    ), queue AS (
        SELECT stream_id, min(due_at) AS due_at FROM message
        WHERE organization_id = :organization_id AND is_open AND state = 'queued' AND stream_id IN (SELECT id FROM chosen)
        GROUP BY stream_id
    )
    SELECT chosen.id, chosen.name, chosen.state, chosen.event_at, chosen.event_timezone, chosen.starts_at,
        user_account.name AS paused_by,
        coalesce(people.enrolled, 0) AS enrolled, coalesce(people.ended, 0) AS ended,
        coalesce(people.replied, 0) AS replied, coalesce(people.rsvp, 0) AS rsvp,
        coalesce(people.needs_bdr, 0) AS needs_bdr, coalesce(queue.due_at, people.due_at) AS next_send_at
    FROM chosen
    LEFT JOIN people ON people.campaign_id = chosen.id
    LEFT JOIN queue ON queue.stream_id = chosen.id
    LEFT JOIN user_account ON user_account.id = chosen.paused_by_id
    ORDER BY (chosen.state = 'running') DESC, (chosen.state = 'scheduled') DESC, chosen.created_at DESC, chosen.id
""")


def campaigns_under_way() -> list[UnderWay]:
    """The newest of them, running ones first."""
    rows = db().execute(_UNDER_WAY, {"organization_id": current_organization_id(), "most": SHOWN})
    return [UnderWay(**row._mapping) for row in rows]
