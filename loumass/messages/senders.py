"""Who an address belongs to. Nobody is an answer too: a stranger still becomes a conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from loumass.accounts.models import Organization
from loumass.contacts.normalising import NotNormal
from loumass.contacts.suppression import normal_address
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

_TAIL = 10

_BY_EMAIL = text("""
    SELECT id AS contact_id, phone FROM contact
    WHERE organization_id = :organization_id AND email_key = :address AND archived_at IS NULL
""")
# Several people may share a number, and lists hold numbers without their country: the exact number goes
# first, then whom this channel wrote to last.
_BY_PHONE = text("""
    SELECT contact.id AS contact_id, contact.phone
    FROM contact
    LEFT JOIN LATERAL (
        SELECT message.occurred_at FROM message
        WHERE message.organization_id = :organization_id AND message.contact_id = contact.id
          AND message.channel_id = :channel_id AND message.direction = 'out'
          AND message.state IN ('sent', 'sending', 'in_doubt')
        ORDER BY message.occurred_at DESC, message.id DESC LIMIT 1
    ) written ON true
    WHERE contact.organization_id = :organization_id AND contact.archived_at IS NULL
      AND (contact.phone = :address OR contact.phone_last_ten = :tail)
    ORDER BY contact.phone = :address DESC, written.occurred_at DESC NULLS LAST, contact.id
    LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Sender:
    """The other side: its normalised address and, where we know the person, their contact."""

    address: str
    contact_id: UUID | None = None
    #: The number we keep for them, when it was found by its last digits only.
    kept_phone: str | None = None


def sender_of(medium: str, address: str, channel_id: UUID) -> Sender:
    """Whom `address` belongs to, as seen from one channel."""
    address = compared(medium, address)
    if not address:
        return Sender("")
    digits = re.sub(r"\D", "", address)
    row = db().execute(
        _BY_EMAIL if medium == "email" else _BY_PHONE,
        {
            "organization_id": current_organization_id(),
            "address": address,
            "tail": digits[-_TAIL:] if len(digits) >= _TAIL else None,
            "channel_id": channel_id,
        },
    ).first()  # fmt: skip
    if row is None:
        return Sender(address)
    return Sender(address, row.contact_id, row.phone if medium != "email" and row.phone != address else None)


def compared(medium: str, address: str) -> str:
    """`address` normalised; what cannot be normalised (a short code, a name) only in lower case."""
    try:
        return normal_address(medium, address, _country() if medium != "email" else "US")
    except NotNormal:
        return address.strip().lower()


def _country() -> str:
    organization = db().get(Organization, current_organization_id())
    return organization.country if organization else "US"
