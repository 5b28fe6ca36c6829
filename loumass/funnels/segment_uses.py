"""Which steps of funnels ask for a segment: it is not put away while they do."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.segments import Use
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.owners import owner_of

#: More than anybody reads; each costs a look at whose funnel it is.
MOST = 50
_ASKING = text("""
    SELECT id, graph_id, name FROM node
    WHERE organization_id = :organization_id AND strpos(CAST(config AS text), :asked) > 0
    ORDER BY id DESC LIMIT :most
""")


def steps_asking(segment_id: UUID) -> Sequence[Use]:
    """The steps whose settings name the segment, in funnels that somebody owns still."""
    asked = {"organization_id": current_organization_id(), "asked": str(segment_id), "most": MOST}
    rows = db().execute(_ASKING, asked).all()
    owners = {graph_id: owner_of(graph_id) for graph_id in {row.graph_id for row in rows}}
    return [
        Use(
            "the step",
            f"{row.name} of {owner.name}",
            "graphs.step",
            {"graph_id": row.graph_id, "node_id": row.id},
        )
        for row in rows
        if (owner := owners[row.graph_id]) is not None
    ]
