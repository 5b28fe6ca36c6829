"""News that ends calls before they are made."""

from __future__ import annotations

from collections.abc import Sequence

from loumass.events.models import Event
from loumass.events.service import hears
from loumass.outgoing.claiming import cancel_for_gone


@hears("contact_id")
def on_contact_archived(events: Sequence[Event]) -> None:
    """contact.archived: no other system is told of whoever was deleted or erased."""
    cancel_for_gone({event.contact_id for event in events if event.contact_id})
