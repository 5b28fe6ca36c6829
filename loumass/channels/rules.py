"""What holds for all channels of an organization: how often one person is written to, and the hours of the night.

The law's night (47 CFR 64.1200(c)(1)) is widened only by an admin, with a reason that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.handing_down import HOURS
from loumass.accounts.service import audit, audit_change
from loumass.channels.models import LAW_FROM, LAW_UNTIL, SendingRule
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """None is no limit; times are minutes since midnight of the person's day."""

    contact_per_day: int | None
    contact_per_week: int | None
    quiet_until: int
    quiet_from: int

    @property
    def is_past_the_law(self) -> bool:
        """Whether somebody would get a text before 8:00 or after 21:00 of their time."""
        return self.quiet_until < LAW_UNTIL or self.quiet_from > LAW_FROM


def rules_now() -> SendingRule:
    """The organization's rules; those of the law, not kept yet, where it has none."""
    found = db().scalars(select(SendingRule)).one_or_none()
    return found or SendingRule(quiet_until=LAW_UNTIL, quiet_from=LAW_FROM, quiet_reason="")


def change_rules(rules: Rules, reason: str, by: UUID) -> None:
    """Take `rules` from now on; what waits because of the old ones is looked at again.

    `reason` is recorded with hours past the law. Raises Refused where such hours have none, or none are left.
    """
    if rules.quiet_until >= rules.quiet_from:
        raise Refused("Texts need some hours of the day. Let the evening begin after the morning ends.")
    if rules.is_past_the_law and not reason.strip():
        raise Refused("These hours go past the law. Say why that is allowed; it is recorded with your name.")
    kept = rules_now()
    hours = (kept.quiet_until, kept.quiet_from, kept.quiet_reason)
    budget = (kept.contact_per_day, kept.contact_per_week)
    kept.contact_per_day, kept.contact_per_week = rules.contact_per_day, rules.contact_per_week
    kept.quiet_until, kept.quiet_from = rules.quiet_until, rules.quiet_from
    kept.quiet_reason = reason.strip() if rules.is_past_the_law else ""
    if hours != (kept.quiet_until, kept.quiet_from, kept.quiet_reason):
        kept.quiet_by_id, kept.quiet_changed_at = by, clock.now()
        action = "rules.quiet_hours_widened" if rules.is_past_the_law else "rules.quiet_hours_changed"
        said = {"reason": kept.quiet_reason} if rules.is_past_the_law else {}
        before, after = (
            {"until": at[0], "begins": at[1]} for at in (hours, (rules.quiet_until, rules.quiet_from))
        )
        audit(action, "organization", None, before=before, after=after, **said)
    db().add(kept)
    db().flush()
    before, after = (
        {"a day": each[0], "a week": each[1]}
        for each in (budget, (kept.contact_per_day, kept.contact_per_week))
    )
    audit_change("rules.changed", before, after, "organization")
    HOURS.changed()
