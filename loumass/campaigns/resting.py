"""The organization keeps other days off: who waits at a step that skips them is decided on again, so that they go on, and
are told to, on the right day.

Without this they would learn of a new day off when their time comes, and of one that is worked on now never. Campaigns that
rest are left alone: their people are asked about when they go on.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.waking import wake_engine
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id

DECIDE_ANEW = "campaigns.decide_anew"
FIRST = UUID(int=0)
#: So many are woken in one transaction.
MOST = 20_000

# Locked in id order, as whoever else changes them does.
_WAKE = text("""
    WITH waiting AS MATERIALIZED (
        SELECT e.id FROM enrollment e
        WHERE e.organization_id = :organization_id AND e.id > :after AND e.state = 'waiting' AND e.due_at > :now
          AND e.waiting_for ->> 'for' = 'until'
          AND e.campaign_id = ANY(ARRAY(SELECT c.id FROM campaign c
              WHERE c.organization_id = :organization_id AND c.state = 'running'))
          AND e.node_id = ANY(ARRAY(SELECT n.id FROM node n
              WHERE n.organization_id = :organization_id AND n.kind = 'wait' AND n.config ->> 'days_off' = 'skip'))
        ORDER BY e.id LIMIT :most FOR UPDATE OF e
    )
    UPDATE enrollment SET state = 'active', due_at = :now FROM waiting
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = waiting.id
    RETURNING enrollment.id, enrollment.campaign_id
""")


def decide_waits_anew() -> None:
    """Ring for it: there may be many, and an admin waits for the page."""
    wake_all([Wake(DECIDE_ANEW, (str(FIRST),), clock.now())])


def wake_slice(after: UUID) -> UUID | None:
    """Let the engine decide anew on those who come behind `after`; the last of them where there may be more."""
    bound = {
        "organization_id": current_organization_id(),
        "after": after,
        "now": clock.now(),
        "most": MOST,
    }
    woken = db().execute(_WAKE, bound).all()
    wake_engine(row.campaign_id for row in woken)
    return max(row.id for row in woken) if len(woken) == MOST else None
