"""Goals about the campaign's event: when its time has come, everybody who waits is asked, wherever they wait.

The moments stand on the agenda, each with its campaign: written when a campaign begins to run, when its event moves and when its
funnel changes, and found again by the sweep. Nobody is looked at before; a campaign without such a goal has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Row, text

from loumass.campaigns.models import Campaign
from loumass.campaigns.rules_of_walks import EventNear
from loumass.campaigns.waking import EVERYWHERE, STANDING_STILL, wake_engine
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.plans import PLANNED_FOR_MANY
from loumass.core.tenancy import current_organization_id
from loumass.funnels.kinds import KINDS

ASK_GOALS = "campaigns.ask_goals"
#: For `@?` on the rule of a step: whether it asks for the event.
ASKS_FOR_EVENT = f'$.**.ask ? (@ == "{EventNear.name}")'
FIRST = UUID(int=0)
#: So many are asked in one transaction.
MOST = 20_000

# Whoever finishes on an older version goes by the goals that it had.
_GOALS = text("""
    SELECT c.id, c.event_at, n.kind, n.config, n.graph_id FROM campaign c
    JOIN node n ON n.organization_id = :organization_id AND n.kind = ANY(CAST(:everywhere AS text[]))
      AND n.config -> 'rule' @? CAST(:asks AS jsonpath) AND n.graph_id IN (
        SELECT c.graph_id UNION ALL
        SELECT x.before_graph_id FROM campaign_change x
        WHERE x.organization_id = :organization_id AND x.campaign_id = c.id AND x.before_graph_id IS NOT NULL)
    WHERE c.organization_id = :organization_id AND c.id = ANY(CAST(:campaigns AS uuid[])) AND c.event_at IS NOT NULL
""")
_RUNS = text("""
    SELECT id FROM campaign
    WHERE organization_id = :organization_id AND id = :campaign_id AND state = 'running' FOR SHARE
""")
# Locked in id order, as whoever else wakes people does.
_ASK = text(f"""
    WITH waiting AS MATERIALIZED (
        SELECT e.id FROM enrollment e
        WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state = 'waiting' AND e.id > :after
          AND e.node_id = ANY(ARRAY(SELECT n.id FROM node n
              WHERE n.organization_id = :organization_id AND n.graph_id = ANY(CAST(:graphs AS uuid[]))))
          AND coalesce(e.waiting_for ->> 'for', '') NOT IN {STANDING_STILL}
        ORDER BY e.id LIMIT :most FOR UPDATE OF e
    )
    UPDATE enrollment SET state = 'active', due_at = :now FROM waiting
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = waiting.id
    RETURNING enrollment.id
""")


def look_ahead(campaign: Campaign, since: datetime | None = None) -> None:
    """Put the moments to come on the agenda, and those since `since`, when it rested."""
    if campaign.event_at is not None:
        db().flush()
        wake_all(moments_of([campaign.id], since))


def moments_of(campaign_ids: Collection[UUID], since: datetime | None = None) -> list[Wake]:
    """What the agenda must have of the campaigns. One statement."""
    after = since or clock.now()
    return [
        Wake(ASK_GOALS, (str(row.id), moment.isoformat(), str(FIRST)), moment)
        for row, moments in _turns(campaign_ids)
        for moment in moments
        if moment > after
    ]


def ask_slice(campaign_id: UUID, moment: datetime, after: UUID) -> UUID | None:
    """Let the engine ask those who come behind `after`; the last of them where there may be more. Nobody where the campaign
    rests (they are asked when it goes on), and where its event is at another time by now."""
    bound = {"organization_id": current_organization_id(), "campaign_id": campaign_id}
    if db().execute(_RUNS, bound).one_or_none() is None:
        return None
    graphs = {row.graph_id for row, moments in _turns([campaign_id]) if moment in moments}
    if not graphs:
        return None
    db().execute(PLANNED_FOR_MANY)
    bound |= {"graphs": uuid_array(graphs), "after": after, "now": clock.now(), "most": MOST}
    asked = db().scalars(_ASK, bound).all()
    if asked:
        wake_engine([campaign_id])
    return max(asked) if len(asked) == MOST else None


def _turns(campaign_ids: Collection[UUID]) -> Iterator[tuple[Row[tuple[object, ...]], frozenset[datetime]]]:
    """Each goal about the event of a campaign, with the moments at which it turns."""
    bound = {
        "organization_id": current_organization_id(), "campaigns": uuid_array(campaign_ids), "everywhere": EVERYWHERE,
        "asks": ASKS_FOR_EVENT,
    }  # fmt: skip
    for row in db().execute(_GOALS, bound).all():
        kind = KINDS[row.kind]
        try:
            yield row, kind.turns_at(kind.Config.model_validate(row.config), row.event_at)
        except ValidationError:
            continue
