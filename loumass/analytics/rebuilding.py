"""Everything counted anew, from the first fact on: every quarter that has facts, or figures, is stale."""

from __future__ import annotations

from sqlalchemy import text

from loumass.analytics.listeners import wake_counting
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

# From one quarter that has facts to the next: as many steps as there are quarters, not facts.
_EVERY_QUARTER = text("""
    INSERT INTO stale_quarter (organization_id, work, quarter)
    WITH RECURSIVE walk(quarter) AS (
        (SELECT date_bin('15 minutes', happened_at, CAST(:zero AS timestamptz)) FROM event
         WHERE organization_id = :organization_id ORDER BY happened_at LIMIT 1)
        UNION ALL
        SELECT (SELECT date_bin('15 minutes', event.happened_at, CAST(:zero AS timestamptz)) FROM event
            WHERE event.organization_id = :organization_id AND event.happened_at >= walk.quarter + interval '15 minutes'
            ORDER BY event.happened_at LIMIT 1)
        FROM walk WHERE walk.quarter IS NOT NULL
    )
    SELECT :organization_id, 'count', quarter FROM (
        SELECT quarter FROM walk WHERE quarter IS NOT NULL
        UNION SELECT quarter FROM quarter_count WHERE organization_id = :organization_id
    ) every ORDER BY quarter
    RETURNING id
""")
_ZERO = "2000-01-01 00:00:00+00"
# Days that no quarter stands behind would stay as they are: the next count sums all of them anew.
_UNMARK = text("UPDATE figure_mark SET timezone = '' WHERE organization_id = :organization_id")
_NOBODY = text("DELETE FROM contact_engagement WHERE organization_id = :organization_id")


def rebuild() -> None:
    """Have every figure of the current organization counted anew by workers."""
    every_quarter_is_stale()
    bound = {"organization_id": current_organization_id()}
    db().execute(_UNMARK, bound)
    db().execute(_NOBODY, bound)
    wake_counting()


def every_quarter_is_stale() -> None:
    """Have all the facts of the current organization looked at anew."""
    db().execute(_EVERY_QUARTER, {"organization_id": current_organization_id(), "zero": _ZERO})
