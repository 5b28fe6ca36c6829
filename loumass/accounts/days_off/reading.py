"""The days off of the current organization, as steps, senders and pages look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text

from loumass.accounts.days_off.models import OWN, HolidayCalendar
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

#: No days off: what whoever does not ask for them knows.
NONE: Mapping[date, str] = {}

# What is the organization's own names a day that is a holiday as well.
_KEPT = text("""
    SELECT DISTINCT ON (day) day, name FROM day_off
    WHERE organization_id = :organization_id AND NOT is_struck ORDER BY day, source DESC
""")
_LISTED = text("""
    SELECT day, name, source, is_struck FROM day_off
    WHERE organization_id = :organization_id AND day BETWEEN :first AND :last ORDER BY day, source DESC
""")


@dataclass(frozen=True, slots=True)
class Listed:
    """A day as the settings show it; one that is struck is worked on."""

    day: date
    name: str
    source: str
    is_struck: bool

    @property
    def is_own(self) -> bool:
        """Whether the organization added it; else it is a public holiday."""
        return self.source == OWN

    @property
    def on(self) -> str:
        """`Thu 26 Nov`."""
        return f"{self.day:%a} {self.day.day} {self.day:%b}"


def days_off() -> dict[date, str]:
    """Every day off that is a row, by date, with its name. One statement."""
    rows = db().execute(_KEPT, {"organization_id": current_organization_id()})
    return {row.day: row.name for row in rows}


def listed(first: date, last: date) -> Sequence[Listed]:
    """The days from `first` to `last`, also those that are struck."""
    bound = {"organization_id": current_organization_id(), "first": first, "last": last}
    return [Listed(*row) for row in db().execute(_LISTED, bound)]


def calendar_now(*, lock: bool = False) -> HolidayCalendar | None:
    """Whose holidays are kept, or None."""
    found = select(HolidayCalendar)
    return db().scalars(found.with_for_update() if lock else found).one_or_none()
