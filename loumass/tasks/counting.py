"""How much is to be done, for the rail; and what came of what was done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text

from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.tasks.models import Task

#: Counting stops here: nobody does more in a day.
MOST_COUNTED = 999

#: By the index of what is closed: an organization's tasks of some weeks are read, not all that it ever had.
_CAME_OF = text("""
    SELECT node_id, CASE state WHEN 'done' THEN outcome WHEN 'expired' THEN 'timeout' ELSE 'next' END AS way,
        count(*) AS number
    FROM task
    WHERE organization_id = :organization_id AND closed_at >= :since AND state IN ('done', 'expired', 'skipped')
      AND node_id = ANY(CAST(:nodes AS uuid[]))
    GROUP BY 1, 2
""")


def outcomes_since(since: datetime, nodes: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """By step, by which way how many of its tasks left it since then; what was cancelled says nothing."""
    bound = {"organization_id": current_organization_id(), "since": since, "nodes": uuid_array(nodes)}
    found: dict[UUID, dict[str, int]] = {}
    for row in db().execute(_CAME_OF, bound):
        found.setdefault(row.node_id, {})[row.way] = row.number
    return found


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
