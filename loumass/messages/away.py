"""Somebody is away, says their automatic answer: what campaigns have queued for them waits until they are back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import text

from loumass.accounts.models import Organization
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, get
from loumass.events.service import publish
from loumass.messages.models import Message
from loumass.messages.out_of_office import back_on, working_day_after
from loumass.messages.outbox_queueing import ring_channels

#: When people begin to read, their time.
_MORNING = time(9)
PARKED = "away"
_PARK = text("""
    UPDATE message SET due_at = :until, waiting_for = 'away'
    WHERE organization_id = :organization_id AND contact_id = :contact_id AND is_open AND state = 'queued'
      AND stream_id IS NOT NULL AND author_id IS NULL AND due_at < :until
    RETURNING id
""")
_RELEASE = text("""
    WITH freed AS (
        UPDATE message SET due_at = :now, waiting_for = NULL
        WHERE organization_id = :organization_id AND enrollment_id = ANY(CAST(:enrollments AS uuid[]))
          AND is_open AND state = 'queued' AND waiting_for = 'away'
        RETURNING channel_id, enrollment_id
    )
    SELECT DISTINCT channel_id, enrollment_id FROM freed
""")


def said_return(message: Message) -> date | None:
    """The day that an automatic answer names as the return, or the last day away."""
    contact = get(Contact, message.contact_id) if message.contact_id else None
    day = message.occurred_at.astimezone(_zone(contact)).date()
    organization = db().get(Organization, current_organization_id())
    is_month_first = organization is None or organization.country == "US"
    return back_on(f"{message.subject}. {message.text}", day, is_month_first=is_month_first)


def note_absence(message: Message, found: date | None) -> datetime | None:
    """Wait until the working day after the return (`said_return`); None where none was named.

    `contact.away` is told, so that campaigns park the person.
    """
    if message.contact_id is None or found is None:
        return None
    zone = _zone(get(Contact, message.contact_id))
    until = datetime.combine(working_day_after(found), _MORNING, zone).astimezone(UTC)
    if until <= clock.now():
        return None
    bound = {"organization_id": current_organization_id(), "contact_id": message.contact_id, "until": until}
    db().execute(_PARK, bound)
    facts = {"until": until.isoformat(), "back_on": found.isoformat()}
    publish(
        "contact.away",
        contact_id=message.contact_id,
        message_id=message.id,
        conversation_id=message.conversation_id,
        facts=facts,
    )
    return until


def end_absence(enrollment_ids: Sequence[UUID]) -> set[UUID]:
    """What was parked for these enrollments goes now; those that had something."""
    bound = {
        "organization_id": current_organization_id(),
        "now": clock.now(),
        "enrollments": list(enrollment_ids),
    }
    rows = db().execute(_RELEASE, bound).all()
    ring_channels({row.channel_id for row in rows})
    return {row.enrollment_id for row in rows}


def _zone(contact: Contact | None) -> ZoneInfo:
    organization = db().get(Organization, current_organization_id())
    for name in (contact.timezone if contact else None, organization.timezone if organization else None):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return ZoneInfo("UTC")
