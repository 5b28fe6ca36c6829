"""Campaigns as what a step's settings choose from."""

from __future__ import annotations

from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.core.database import db
from loumass.funnels.choices import Choices


def campaigns() -> Choices:
    """Every campaign that may take people, by name."""
    found = select(Campaign.id, Campaign.name).where(Campaign.state != "cancelled")
    return [(str(row.id), row.name) for row in db().execute(found.order_by(Campaign.name, Campaign.id))]
