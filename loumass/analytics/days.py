"""Messages per day, read from the rollup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from loumass.analytics.period import Period
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id


@dataclass(frozen=True, slots=True)
class Day:
    """What went out and came in on one day of the organization."""

    day: date
    sent: int
    received: int

    @property
    def label(self) -> str:
        """ "2 Feb"."""
        return f"{self.day.day} {self.day:%b}"


_DAYS = text("""
    SELECT day, coalesce(sum(count) FILTER (WHERE kind = 'message.sent'), 0) AS sent,
           coalesce(sum(count) FILTER (WHERE kind = 'message.received'), 0) AS received
    FROM daily_count
    WHERE organization_id = :organization_id AND day >= :first AND kind IN ('message.sent', 'message.received')
    GROUP BY day
""")


def messages_per_day(period: Period) -> list[Day]:
    """Every day of `period`, the quiet ones too, the oldest first."""
    rows = db().execute(_DAYS, {"organization_id": current_organization_id(), "first": period.first})
    counted = {row.day: (row.sent, row.received) for row in rows}
    return [Day(day, *counted.get(day, (0, 0))) for day in period.each()]
