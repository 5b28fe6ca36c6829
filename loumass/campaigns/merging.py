"""What campaigns and conversations do when two contacts become one: everything of the other one moves over."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import aliased

from loumass.accounts.service import audit
from loumass.campaigns.ending import end
from loumass.campaigns.models import Enrollment
from loumass.contacts import merging
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id


def merge_people(kept_id: UUID, other_id: UUID, from_other: frozenset[str]) -> Contact:
    """Makes the two one, with their conversations, messages and campaigns, in one transaction; returns the kept one.

    Where both are inside the same campaign, the other one leaves it. Raises what `contacts.merging.merge` raises.
    """
    kept = merging.merge(kept_id, other_id, from_other)
    end(dict.fromkeys(_inside_both(kept_id, other_id), "merged"))
    bound = {"organization_id": current_organization_id(), "kept": kept_id, "other": other_id}
    for table in ("enrollment", "conversation", "message", "task", "webhook_call"):
        db().execute(
            text(
                f"UPDATE {table} SET contact_id = :kept "
                "WHERE organization_id = :organization_id AND contact_id = :other RETURNING id"
            ),
            bound,
        )
    audit("contact.merged", "contact", kept_id, other=str(other_id))
    return kept


def _inside_both(kept_id: UUID, other_id: UUID) -> list[UUID]:
    theirs = aliased(Enrollment)
    return list(
        db().scalars(
            select(Enrollment.id)
            .join(theirs, theirs.campaign_id == Enrollment.campaign_id)
            .where(
                theirs.organization_id == current_organization_id(),
                Enrollment.contact_id == other_id,
                Enrollment.state != "ended",
                theirs.contact_id == kept_id,
                theirs.state != "ended",
            )
        )
    )
