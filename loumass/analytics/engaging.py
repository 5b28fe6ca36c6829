"""How people react to what they are sent: counted anew for everybody to whom something happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from loumass.analytics.kinds import QUARTER
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

#: What changes how somebody reacted, or of whom it is told.
_KINDS = ["message.sent", "message.received", "message.opened", "message.clicked", "contact.merged"]
_TOUCHED = """
    touched AS MATERIALIZED (
        SELECT DISTINCT contact.id, coalesce(contact.merged_into_id, contact.id) AS kept_id
        FROM (
            SELECT DISTINCT contact_id FROM event
            WHERE event.organization_id = :organization_id AND event.kind = ANY(CAST(:kinds AS text[]))
              AND event.happened_at >= CAST(:since AS timestamptz) AND event.happened_at < CAST(:until AS timestamptz)
        ) met
        JOIN contact ON contact.organization_id = :organization_id AND contact.id = met.contact_id
    )
"""
_FORGET = text(f"""
    WITH {_TOUCHED}
    DELETE FROM contact_engagement
    WHERE organization_id = :organization_id AND contact_id IN (
        SELECT id FROM touched UNION SELECT kept_id FROM touched)
""")
_COUNT = text(f"""
    INSERT INTO contact_engagement (organization_id, contact_id, sent, read, replied, reacted_at)
    WITH {_TOUCHED}
    SELECT :organization_id, message.contact_id, count(*) FILTER (WHERE message.direction = 'out'),
        count(*) FILTER (WHERE seen.at IS NOT NULL), count(*) FILTER (WHERE message.direction = 'in'),
        greatest(max(seen.at), max(message.occurred_at) FILTER (WHERE message.direction = 'in'))
    FROM (SELECT DISTINCT kept_id FROM touched) person
    JOIN message ON message.organization_id = :organization_id AND message.contact_id = person.kept_id
        AND (message.direction = 'out' AND message.state = 'sent' OR message.direction = 'in' AND NOT message.is_automatic)
    LEFT JOIN LATERAL (
        SELECT max(first_human_at) AS at FROM hit_count
        WHERE hit_count.organization_id = :organization_id AND hit_count.message_id = message.id
    ) seen ON message.direction = 'out'
    GROUP BY message.contact_id
    RETURNING contact_id
""")


def engage(quarters: Sequence[datetime]) -> None:
    """Count anew how everybody reacts to whom something happened from the first of these quarters to the last."""
    bound: dict[str, Any] = {
        "organization_id": current_organization_id(),
        "since": quarters[0],
        "until": quarters[-1] + QUARTER,
        "kinds": _KINDS,
    }
    db().execute(_FORGET, bound)
    db().execute(_COUNT, bound)
