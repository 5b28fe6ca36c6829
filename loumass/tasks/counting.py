"""How much is to be done, for the rail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.tasks.models import Task

#: Counting stops here: nobody does more in a day.
MOST_COUNTED = 999


def due_for(user_id: UUID, until: datetime) -> int:
    """The person's open tasks that are due before `until`."""
    mine = (
        select(Task.id)
        .where(
            Task.organization_id == current_organization_id(),
            Task.assignee_id == user_id,
            Task.state == "open",
            Task.due_at < until,
        )
        .limit(MOST_COUNTED)
    )
    return db().scalar(select(func.count()).select_from(mine.subquery())) or 0
