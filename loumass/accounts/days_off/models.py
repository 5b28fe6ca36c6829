"""Whose holidays are kept, and each day off."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core.database import Base
from loumass.core.tenancy import OrganizationScoped

CALENDAR, OWN = "calendar", "own"


class HolidayCalendar(OrganizationScoped, Base):
    """Whose public holidays an organization keeps; nobody's where there is none."""

    __tablename__ = "holiday_calendar"

    country: Mapped[str]
    #: A part of the country as the library calls it (`CO`, `BY`); empty for what the whole country keeps.
    region: Mapped[str] = mapped_column(default="", server_default="")
    #: The last year whose days are rows.
    filled_until: Mapped[int]


class DayOff(OrganizationScoped, Base):
    """One day on which nobody works, wherever that date begins. A day that is struck is worked on."""

    __tablename__ = "day_off"
    __table_args__ = (
        CheckConstraint(f"source IN ('{CALENDAR}', '{OWN}')", name="source"),
        CheckConstraint(f"NOT is_struck OR source = '{CALENDAR}'", name="struck"),
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_struck: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
