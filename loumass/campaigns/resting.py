"""The organization keeps other days off: who waits at a step that skips them is decided on again, so that they go on, and
are told to, on the right day.

Without this they would learn of a new day off when their time comes, and of one that is worked on now never. Campaigns that
rest are left alone: their people are asked about when they go on.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.waking import STANDING_STILL, wake_engine
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.plans import PLANNED_FOR_MANY
from loumass.core.tenancy import current_organization_id

DECIDE_ANEW, DECIDE_STEP_ANEW = "campaigns.decide_anew", "campaigns.decide_step_anew"
FIRST = UUID(int=0)
#: So many are woken in one transaction.
MOST = 20_000

# Whoever finishes on an older version stands on a copy of the step.
_STEPS = text("""
    SELECT c.id AS campaign_id, n.id AS node_id FROM campaign c
    JOIN node n ON n.organization_id = :organization_id AND n.kind = 'wait' AND n.config ->> 'days_off' = 'skip'
      AND n.graph_id IN (
        SELECT c.graph_id UNION ALL
        SELECT x.before_graph_id FROM campaign_change x
        WHERE x.organization_id = :organization_id AND x.campaign_id = c.id AND x.before_graph_id IS NOT NULL)
    WHERE c.organization_id = :organization_id AND c.state = 'running'
""")
# Locked in id order, as whoever else changes them does. One step of one campaign: so the planner knows whether few of the
# organization's people stand there (then their index is read) or many (then everybody's, in order, until there are enough).
_WAKE = text(f"""
    WITH waiting AS MATERIALIZED (
        SELECT e.id FROM enrollment e
        WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.node_id = :node_id
          AND e.state = 'waiting' AND e.due_at > :now AND e.id > :after
          AND e.waiting_for ->> 'for' NOT IN {STANDING_STILL}
        ORDER BY e.id LIMIT :most FOR UPDATE OF e
    )
    UPDATE enrollment SET state = 'active', due_at = :now FROM waiting
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = waiting.id
    RETURNING enrollment.id
""")
_RUNS = text("""
    SELECT id FROM campaign
    WHERE organization_id = :organization_id AND id = :campaign_id AND state = 'running' FOR SHARE
""")


def decide_waits_anew() -> None:
    """Ring for it: there may be many, and an admin waits for the page."""
    wake_all([Wake(DECIDE_ANEW, (), clock.now())])


def wake_steps() -> None:
    """Ring for each step of a running campaign that skips days off."""
    now = clock.now()
    found = db().execute(_STEPS, {"organization_id": current_organization_id()})
    wake_all(
        [Wake(DECIDE_STEP_ANEW, (str(row.campaign_id), str(row.node_id), str(FIRST)), now) for row in found]
    )


def wake_slice(campaign_id: UUID, node_id: UUID, after: UUID) -> UUID | None:
    """Let the engine decide anew on those of a step who come behind `after`; the last of them where there may be more."""
    bound = {"organization_id": current_organization_id(), "campaign_id": campaign_id}
    if db().execute(_RUNS, bound).one_or_none() is None:
        return None
    # A plan for any step would read everybody of the organization for each.
    db().execute(PLANNED_FOR_MANY)
    bound |= {"node_id": node_id, "after": after, "now": clock.now(), "most": MOST}
    woken = db().scalars(_WAKE, bound).all()
    if woken:
        wake_engine([campaign_id])
    return max(woken) if len(woken) == MOST else None
