"""Messages that came back for now, counted by address: a mailbox that takes nothing is spared for a while."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.suppression import suppress
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

#: So many different messages within so long bar an address, for so long. Then it begins anew: who was away for a
#: summer is not lost for good, and who takes nothing ever costs one message a month.
MOST, WITHIN, BARRED_FOR = 4, timedelta(days=30), timedelta(days=30)

_COUNT = text("""
    WITH noted AS (
        INSERT INTO soft_bounce (organization_id, message_id, medium, address_hash, bounced_at)
        VALUES (:organization_id, :message_id, :medium, :address_hash, :now)
        ON CONFLICT (organization_id, message_id) DO NOTHING
        RETURNING message_id
    )
    SELECT (SELECT count(*) FROM noted) + count(*) FROM soft_bounce
    WHERE organization_id = :organization_id AND medium = :medium AND address_hash = :address_hash
      AND bounced_at > :since AND message_id <> :message_id
""")


def count(medium: str, address: str, address_hash: bytes, message_id: UUID) -> bool:
    """Count one; whether the address is spared from now on. The same message counts once."""
    now = clock.now()
    values = {
        "organization_id": current_organization_id(),
        "message_id": message_id,
        "medium": medium,
        "address_hash": address_hash,
        "now": now,
        "since": now - WITHIN,
    }
    found = db().scalar(_COUNT, values) or 0
    if found < MOST:
        return False
    note = f"{found} messages within {WITHIN.days} days came back for now (soft bounces)."
    return bool(suppress(medium, [address], "bounced", note=note, until=now + BARRED_FOR))
