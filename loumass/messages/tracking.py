"""What of a message is tracked: decided when it is planned, and kept with it, so that its bytes can be made again."""

from __future__ import annotations

from loumass.accounts.models import Organization

#: Bits of `message.tracked`.
OPENS, CLICKS = 1, 2


def tracked(*, opens: bool, clicks: bool) -> int | None:
    """What stands in `message.tracked`; None for nothing."""
    return (opens and OPENS) + (clicks and CLICKS) or None


def tracked_by_default(organization: Organization) -> int | None:
    """What campaigns of `organization` track that say nothing of it."""
    return tracked(opens=organization.is_open_tracked, clicks=organization.is_click_tracked)


def tracked_in_answers(organization: Organization) -> int | None:
    """What is tracked of what people write in the inbox: nothing, unless it was switched on."""
    return tracked_by_default(organization) if organization.is_answer_tracked else None
