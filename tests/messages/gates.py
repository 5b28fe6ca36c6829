"""What tests of gates name: hours of the world, and what stands in a message's way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from loumass.contacts.models import Contact
from loumass.contacts.suppression import record_consent, suppress
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.messages.models import Stream
from loumass.messages.service import (
    Waiting,
    why_wait,
)
from tests.messages.sending import (
    changed,
)
from tests.world import World


def waiting(world: World, message_id: UUID) -> list[Waiting]:
    with world.acme.acting():
        return why_wait([message_id]).get(message_id, [])


def at_denver(hour: int, minute: int = 0, day: int = 3) -> timedelta:
    """From the world's beginning (9:00 in Denver, 16:00 UTC) to that time of that day of March 2026."""
    return (
        datetime(2026, 3, day, hour, minute, tzinfo=UTC)
        + timedelta(hours=7)
        - datetime(2026, 3, 3, 16, tzinfo=UTC)
    )


def suppressed(world: World, contact: Contact, stream_id: UUID) -> None:
    with world.acme.acting() as session:
        suppress("email", [contact.email or ""], "unsubscribed")
        session.commit()


def deleted(world: World, contact: Contact, stream_id: UUID) -> None:
    changed(world.acme, contact, archived_at=clock.now())


def withdrawn(world: World, contact: Contact, stream_id: UUID) -> None:
    with world.acme.acting() as session:
        record_consent(contact, "email", is_granted=True, source="form")
        record_consent(contact, "email", is_granted=False, source="said so")
        session.commit()


def closed(world: World, contact: Contact, stream_id: UUID) -> None:
    with world.acme.acting() as session:
        get_or_404(Stream, stream_id).closed_at = clock.now()
        session.commit()
