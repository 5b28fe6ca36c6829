"""How far a new organization is on its way to the first campaign."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from loumass.core.database import db
from loumass.core.tenancy import current_organization_id


@dataclass(frozen=True, slots=True)
class Beginning:
    """The three things without which nothing is sent."""

    has_channel: bool
    has_people: bool
    has_campaign: bool


_BEGINNING = text("""
    SELECT
        EXISTS (SELECT 1 FROM channel WHERE organization_id = :organization_id AND archived_at IS NULL) AS has_channel,
        EXISTS (SELECT 1 FROM contact WHERE organization_id = :organization_id AND archived_at IS NULL) AS has_people,
        EXISTS (SELECT 1 FROM campaign WHERE organization_id = :organization_id) AS has_campaign
""")


def beginning() -> Beginning:
    """Which of them the current organization has."""
    return Beginning(
        **db().execute(_BEGINNING, {"organization_id": current_organization_id()}).one()._mapping
    )
