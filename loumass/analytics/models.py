"""Figures that cost days, not events."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core.database import Base
from loumass.core.tenancy import OrganizationScoped


class DailyCount(OrganizationScoped, Base):
    """How often something happened on one day of the organization, derived from events."""

    __tablename__ = "daily_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    #: All zeros stands for "no campaign": key columns cannot be null.
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
