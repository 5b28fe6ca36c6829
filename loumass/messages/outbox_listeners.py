"""What the outbox hears of: a channel that may send again, or otherwise than before."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.messages import jobs
from loumass.messages.gates import BY_NAME
from loumass.messages.outbox_queueing import cancel_for_channels, ring_channels
from loumass.messages.speaking import waiting_channels

# Only what the channel itself held up; each is judged again by all gates.
_LOOK_AGAIN = text("""
    UPDATE message SET due_at = :now, waiting_for = NULL
    WHERE organization_id = :organization_id AND channel_id = ANY(CAST(:channels AS uuid[])) AND is_open AND state = 'queued'
      AND waiting_for IN ('day_off', 'window', 'quiet_hours', 'segments', 'throttled', 'unavailable', 'channel_disconnected')
    RETURNING id
""")


_WAKE = text("""
    WITH woken AS (
        UPDATE message SET due_at = :now, waiting_for = NULL
        WHERE organization_id = :organization_id AND is_open AND state = 'queued' AND waiting_for = :gate
          AND (CAST(:contact_id AS uuid) IS NULL OR contact_id = CAST(:contact_id AS uuid))
        RETURNING channel_id
    )
    SELECT DISTINCT channel_id FROM woken
""")


def look_again(gate: str, contact_id: UUID | None = None) -> None:
    """What `gate` held up, perhaps only for one person, is judged again by all gates."""
    values = {"organization_id": current_organization_id(), "now": clock.now(), "gate": gate}
    ring_channels(db().scalars(_WAKE, {**values, "contact_id": contact_id}).all())


def on_channel_resumed(events: Sequence[Event]) -> None:
    """A channel sends again, or by other limits: what waited for it is looked at now."""
    channels = sorted({event.channel_id for event in events if event.channel_id})
    db().execute(
        _LOOK_AGAIN,
        {"organization_id": current_organization_id(), "now": clock.now(), "channels": channels},
    )
    ring_channels(channels)


def on_domain_released(_: Sequence[Event]) -> None:
    """A recipients' domain may be written to again: what waited for that is judged now."""
    look_again("domain_braked")


def on_resubscribed(events: Sequence[Event]) -> None:
    """contact.resubscribed: a pause ended before its time; what waited for that is judged now."""
    for contact_id in sorted({event.contact_id for event in events if event.contact_id}):
        look_again("paused_by_them", contact_id)


def on_channel_removed(events: Sequence[Event]) -> None:
    """A channel is gone for good: what was queued for it will never go."""
    channels = sorted({event.channel_id for event in events if event.channel_id})
    gate = BY_NAME["channel_removed"]
    cancel_for_channels(channels, gate.name, gate.sentence)


def on_voices_connected(events: Sequence[Event]) -> None:
    """What waits to be spoken is looked at now."""
    now = clock.now()
    wake_all([jobs.speak.wake(now, str(channel_id)) for channel_id in waiting_channels()])
