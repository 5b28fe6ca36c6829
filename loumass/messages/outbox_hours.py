"""What waits for an hour of the day is looked at again when the organization's clock was set otherwise, or other days are off."""

from __future__ import annotations

from sqlalchemy import text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.outbox_queueing import ring_channels

# Each is judged again by all gates: whoever lives where it is still night goes on waiting.
_LOOK_AGAIN = text("""
    WITH woken AS (
        UPDATE message SET due_at = :now, waiting_for = NULL
        WHERE organization_id = :organization_id AND is_open AND state = 'queued'
          AND waiting_for IN ('day_off', 'window', 'quiet_hours', 'frequency', 'segments')
        RETURNING channel_id
    )
    SELECT DISTINCT channel_id FROM woken
""")


def look_at_hours_again() -> None:
    """Everything of the current organization that was put off for the night, a window, or because enough was sent, is due now."""
    found = db().scalars(_LOOK_AGAIN, {"organization_id": current_organization_id(), "now": clock.now()})
    ring_channels(found.all())
