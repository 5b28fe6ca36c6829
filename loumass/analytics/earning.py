"""Values that people brought, written down once each, whatever tells of them how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.core import clock
from loumass.core.arrays import moment_array, uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event


@dataclass(frozen=True, slots=True)
class Earned:
    """One value. `amount` is in the smallest unit of its currency, below zero for what was given back; `reference` is what
    it is called where it comes from (an order's number)."""

    contact_id: UUID
    amount: int
    currency: str
    earned_at: datetime
    source: str
    reference: str
    campaign_id: UUID | None = None
    note: str = ""
    recorded_by_id: UUID | None = None


# What was merged meanwhile is the kept one's; what is there already stays as it is.
_EARN = text("""
    INSERT INTO earning (organization_id, contact_id, amount, currency, earned_at, source, reference, campaign_id, note,
        recorded_by_id, created_at)
    SELECT :organization_id, coalesce(contact.merged_into_id, contact.id), told.amount, told.currency, told.earned_at,
        told.source, told.reference, told.campaign_id, told.note, told.recorded_by_id, CAST(:now AS timestamptz)
    FROM unnest(CAST(:contacts AS uuid[]), CAST(:amounts AS bigint[]), CAST(:currencies AS text[]),
        CAST(:moments AS timestamptz[]), CAST(:sources AS text[]), CAST(:reference_list AS text[]),
        CAST(:campaigns AS uuid[]), CAST(:notes AS text[]), CAST(:colleagues AS uuid[]))
        AS told(contact_id, amount, currency, earned_at, source, reference, campaign_id, note, recorded_by_id)
    JOIN contact ON contact.organization_id = :organization_id AND contact.id = told.contact_id
    ON CONFLICT (organization_id, source, reference) DO NOTHING
    RETURNING id
""")
_MOVE = text("""
    UPDATE earning SET contact_id = told.kept_id
    FROM unnest(CAST(:others AS uuid[]), CAST(:kept AS uuid[])) AS told(other_id, kept_id)
    WHERE earning.organization_id = :organization_id AND earning.contact_id = told.other_id
    RETURNING earning.id
""")
_TAKE_BACK = text("""
    DELETE FROM earning WHERE organization_id = :organization_id AND id = :id AND source = 'by_hand'
    RETURNING contact_id, amount, currency
""")


def earn(values: Sequence[Earned]) -> list[UUID]:
    """Write these down; returns the ids of those that were not there yet. People who are not there earn nothing."""
    if not values:
        return []
    bound = {
        "organization_id": current_organization_id(),
        "now": clock.now(),
        "contacts": uuid_array(one.contact_id for one in values),
        "amounts": [one.amount for one in values],
        "currencies": [one.currency for one in values],
        "moments": moment_array(one.earned_at for one in values),
        "sources": [one.source for one in values],
        "reference_list": [one.reference for one in values],
        "campaigns": uuid_array(one.campaign_id for one in values),
        "notes": [one.note for one in values],
        "colleagues": uuid_array(one.recorded_by_id for one in values),
    }
    return list(db().scalars(_EARN, bound))


def earn_by_goals(events: Sequence[Event]) -> None:
    """What goals were worth when they were reached. Each enrollment reaches a goal once."""
    earn(
        [
            Earned(
                contact_id=event.contact_id,
                amount=int(event.facts["worth"]),
                currency=str(event.facts["currency"]),
                earned_at=event.happened_at,
                source="goal",
                reference=f"{event.enrollment_id}:{event.facts['goal']}",
                campaign_id=event.campaign_id,
            )
            for event in events
            if event.contact_id and event.facts.get("worth")
        ]
    )


def move_to_kept(events: Sequence[Event]) -> None:
    """Whoever was merged into somebody brought it as them."""
    told: dict[str, Any] = {
        "others": uuid_array(event.contact_id for event in events),
        "kept": uuid_array(UUID(str(event.facts["into"])) for event in events),
    }
    db().execute(_MOVE, {"organization_id": current_organization_id(), **told})


def take_back(earning_id: UUID) -> Any:
    """Remove a value that somebody wrote down by hand; returns its row, or None where there is none such."""
    bound = {"organization_id": current_organization_id(), "id": earning_id}
    return db().execute(_TAKE_BACK, bound).one_or_none()
