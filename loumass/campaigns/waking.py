"""Wishes for the engine and for delivery, written with the work that makes them due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from loumass.core import clock, live
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id
from loumass.funnels.kinds import KINDS

ADVANCE = "campaigns.advance"
#: What is waited for where a rule of several questions is: any news may change its answer.
RULE = "rule"
#: Kinds that are asked of everybody in the campaign: news lets them be asked at once.
EVERYWHERE = [kind.name for kind in KINDS.values() if kind.is_everywhere]
#: Whoever stands still until then is not moved by news of goals: they are asked when their time has come.
STANDING_STILL = "('away', 'turn')"
#: Whether an enrollment `{e}` walks a graph (the campaign's, or an older version) with a step that is asked of everybody.
HAS_GOALS = (
    """
    coalesce({e}.waiting_for ->> 'for', '') NOT IN """
    + STANDING_STILL
    + """ AND EXISTS (
        SELECT 1 FROM node here JOIN node n
          ON n.organization_id = :organization_id AND n.graph_id = here.graph_id AND n.kind = ANY(CAST(:everywhere AS text[]))
        WHERE here.organization_id = :organization_id AND here.id = {e}.node_id)
"""
)
_WAKE = text(f"""
    UPDATE enrollment SET state = 'active', due_at = :now
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND state = 'waiting'
      AND (waiting_for ->> 'for' = ANY(CAST(:tests AS text[])) OR {HAS_GOALS.format(e="enrollment")})
    RETURNING campaign_id
""")


def wake_engine(campaign_ids: Iterable[UUID], at: datetime | None = None) -> None:
    """Let the engine look at the campaigns once the transaction has committed (or at `at`)."""
    moment = at or clock.now()
    wake_all([Wake(ADVANCE, (str(campaign_id),), moment) for campaign_id in sorted(set(campaign_ids))])


def announce(campaign_ids: Iterable[UUID]) -> None:
    """Open pages of the campaigns, and of their list, refresh what changed."""
    changed = set(campaign_ids)
    for campaign_id in changed:
        live.announce(f"campaign:{campaign_id}")
    if changed:
        live.announce("campaigns")


def wake_those_waiting(enrollment_ids: Sequence[UUID], *tests: str) -> None:
    """Those of them who wait for one of `tests`, for a rule, or may have reached a goal, are decided on again."""
    if enrollment_ids:
        bound = {
            "organization_id": current_organization_id(),
            "ids": list(enrollment_ids),
            "tests": [*tests, RULE],
            "everywhere": EVERYWHERE,
            "now": clock.now(),
        }
        wake_engine(db().scalars(_WAKE, bound).all())
