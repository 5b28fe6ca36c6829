"""What is counted, and how what is counted is cut into quarters of an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

QUARTER = timedelta(minutes=15)
#: What is counted by day, campaign, step, sender and hour.
COUNTED = (
    "message.sent", "message.failed", "message.bounced", "message.received", "message.replied", "message.auto_replied",
    "message.opened", "message.clicked", "message.fetched", "message.classified", "enrollment.started", "enrollment.ended",
    "enrollment.reached_goal", "contact.unsubscribed", "contact.complained", "contact.merged", "task.done", "task.skipped",
)  # fmt: skip
#: Figures that are no facts of their own: what colleagues wrote themselves, and what of that was an answer.
WRITTEN, ANSWERED = "message.written", "message.answered"
#: What people do with what they are sent, told apart by the way of a split that they went.
REACTIONS = (
    "message.sent", "message.replied", "message.opened", "message.clicked", "message.bounced", "contact.unsubscribed",
    "enrollment.reached_goal",
)  # fmt: skip
#: All zeros: no campaign, no step, and in sums everything together.
NOTHING = UUID(int=0)
#: How soon somebody was answered: the part's name, and its hours.
SOON = (("1h", 1), ("4h", 4), ("1d", 24))
LATER = "later"


def quarter_of(moment: datetime) -> datetime:
    """The beginning of the quarter of an hour that `moment` is in: every timezone's midnight is one."""
    return moment - timedelta(
        minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond
    )
