"""What is told of a call: ids and figures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row


def facts_of(row: Row[Any]) -> dict[str, Any]:
    """A fact about a call's enrollment."""
    return {
        "contact_id": row.contact_id,
        "campaign_id": row.stream_id,
        "enrollment_id": row.enrollment_id,
        "node_id": row.node_id,
        "facts": {"call": row.id, "outcome": row.state, "status": row.status},
    }
