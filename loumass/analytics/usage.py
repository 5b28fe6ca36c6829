"""What of the plan is used: people, e-mails of this month, running campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from loumass.accounts.plans import Plan, plan_now
from loumass.analytics.listeners import organization_zone
from loumass.campaigns.plan import under_way
from loumass.contacts.room import people_count
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

#: From this share on people are warned.
WARNED_AT = 0.8
# As the gate counts that holds campaigns back.
_SENT = text("""
    SELECT coalesce(sum(used), 0) FROM channel_day
    JOIN channel ON channel.organization_id = :organization_id AND channel.id = channel_day.channel_id
    WHERE channel_day.organization_id = :organization_id AND channel.medium = 'email' AND channel_day.day >= :since
""")


@dataclass(frozen=True, slots=True)
class Used:
    """One thing that is counted. `limit` is None where the plan says nothing."""

    name: str
    label: str
    used: int
    limit: int | None
    #: What happens beyond it.
    then: str

    @property
    def share(self) -> float:
        """Of the limit; 0 without one."""
        return self.used / self.limit if self.limit else float(self.limit == 0)

    @property
    def is_full(self) -> bool:
        return self.limit is not None and self.used >= self.limit

    @property
    def is_near(self) -> bool:
        return self.limit is not None and self.share >= WARNED_AT

    @property
    def warning(self) -> str:
        """How it stands, as the title of what `warned` says."""
        return f"{self.label}: limit {'reached' if self.is_full else 'nearly reached'}"

    @property
    def warned(self) -> str:
        """What happens now that it is used up; before that, what will."""
        return self.then if self.is_full else f"Beyond that {self.then[0].lower()}{self.then[1:]}"


@dataclass(frozen=True, slots=True)
class Usage:
    """The plan, the month that e-mails are counted in, and everything that is counted."""

    plan: Plan
    since: date
    lines: tuple[Used, ...]

    @property
    def warnings(self) -> tuple[Used, ...]:
        """What is used up, or nearly."""
        return tuple(line for line in self.lines if line.is_near)


def usage() -> Usage:
    """The current organization's."""
    plan = plan_now()
    since = clock.now().astimezone(organization_zone()).date().replace(day=1)
    bound = {"organization_id": current_organization_id(), "since": since}
    return Usage(
        plan,
        since,
        (
            Used("contacts", "People", people_count(), plan.contacts, "Nobody can be added. Rows of lists are kept as refused."),
            Used(
                "emails", "E-mails this month", db().scalar(_SENT, bound) or 0, plan.emails,
                "Campaigns wait until the first of next month. Answers of people still go out.",
            ),
            Used("workflows", "Campaigns under way", under_way(), plan.workflows, "No further campaign can be started."),
        ),
    )  # fmt: skip


def warnings() -> tuple[Used, ...]:
    """What is used up, or nearly; nothing is counted where there is no plan."""
    return () if plan_now() == Plan() else usage().warnings
