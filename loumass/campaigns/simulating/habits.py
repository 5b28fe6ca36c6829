"""What people did with our messages lately: what a simulation takes for granted, unless somebody says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

DAYS = 90
#: Fewer messages say nothing.
ENOUGH = 200
_COUNTS = text("""
    SELECT kind, sum(count) AS number FROM daily_count
    WHERE organization_id = :organization_id AND day >= :since
      AND kind IN ('message.sent', 'message.replied', 'message.opened', 'message.clicked', 'message.bounced')
    GROUP BY kind
""")


@dataclass(frozen=True, slots=True)
class Habits:
    """Per cent of messages; `messages` is of how many that is known, 0 where it is taken for granted."""

    reply: float = 5.0
    open: float = 40.0
    click: float = 4.0
    bounce: float = 2.0
    messages: int = 0


def habits_now() -> Habits:
    """Of the organization's last 90 days; the usual ones where it wrote to few."""
    since = (clock.now() - timedelta(days=DAYS)).date()
    bound = {"organization_id": current_organization_id(), "since": since}
    counts = {row.kind.removeprefix("message."): int(row.number) for row in db().execute(_COUNTS, bound)}
    sent = counts.get("sent", 0)
    if sent < ENOUGH:
        return Habits()

    def share(what: str) -> float:
        return round(min(100 * counts.get(what, 0) / sent, 100), 1)

    return Habits(share("replied"), share("opened"), share("clicked"), share("bounced"), sent)
