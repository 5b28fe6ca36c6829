"""Plain counts: campaigns by state, people by the status they have."""

from __future__ import annotations

from sqlalchemy import func, select

from loumass.campaigns.models import Campaign, Enrollment
from loumass.core.database import db


def campaigns_by_state() -> dict[str, int]:
    """State -> how many campaigns are in it."""
    rows = db().execute(
        select(Campaign.state, func.count()).group_by(Campaign.state).order_by(Campaign.state)
    )
    return {state: count for state, count in rows}  # noqa: C416  rows are no pairs to `dict`


def people_by_status() -> dict[str, int]:
    """Status -> how many enrollments have it."""
    rows = db().execute(
        select(Enrollment.status, func.count()).group_by(Enrollment.status).order_by(Enrollment.status)
    )
    return {status: count for status, count in rows}  # noqa: C416  rows are no pairs to `dict`
