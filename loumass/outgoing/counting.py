"""What came of calls to other systems."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

_CAME_OF = text("""
    SELECT node_id, count(*) FILTER (WHERE state = 'delivered') AS answered,
        count(*) FILTER (WHERE state = 'failed') AS given_up
    FROM webhook_call
    WHERE organization_id = :organization_id AND created_at >= :since AND state IN ('delivered', 'failed')
      AND node_id = ANY(CAST(:nodes AS uuid[]))
    GROUP BY node_id
""")


def ended_since(since: datetime, nodes: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """By step, how many of the calls that were made since then were answered well, and how many given up."""
    bound = {"organization_id": current_organization_id(), "since": since, "nodes": uuid_array(nodes)}
    return {row.node_id: (row.answered, row.given_up) for row in db().execute(_CAME_OF, bound)}
