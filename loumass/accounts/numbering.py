"""The short public number of the organization at work, which links carry. It never changes."""

from __future__ import annotations

from sqlalchemy import select

from loumass.accounts.models import Organization
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id


def organization_number() -> int:
    """It, asked for once in a session."""
    known = db().info
    if "organization_number" not in known:
        own = select(Organization.number).where(Organization.id == current_organization_id())
        known["organization_number"] = db().scalars(own).one()
    return known["organization_number"]
