"""How many campaigns the plan lets run at a time. None is counted where no plan says a number."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from loumass.accounts.plans import plan_now
from loumass.campaigns.models import Campaign
from loumass.core.database import db
from loumass.core.errors import OverPlan

#: What counts: it runs, or will go on by itself or by a click.
UNDER_WAY = ("scheduled", "running", "paused")


def under_way(but: UUID | None = None) -> int:
    """How many there are beside `but`."""
    counted = select(func.count()).select_from(Campaign).where(Campaign.state.in_(UNDER_WAY))
    return db().scalar(counted.where(Campaign.id != but) if but else counted) or 0


def refuse_beyond_plan(campaign_id: UUID) -> None:
    """Raises OverPlan where one more campaign would be too many."""
    limit = plan_now().workflows
    if limit is not None and under_way(but=campaign_id) >= limit:
        raise OverPlan(
            f"Your plan lets {limit:,} campaigns run at a time, and so many do. Cancel one, or have it raised. "
            "Nothing was changed."
        )
