"""How many more people the plan has room for. Nobody is counted where no plan says a number."""

from __future__ import annotations

from sqlalchemy import func, select

from loumass.accounts.plans import plan_now
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.errors import OverPlan

#: What a row of a list reads that found no room; it is kept with the others that were refused.
NO_ROOM = "Your plan has room for {limit:,} people. Make room, or have it raised, and bring this row again"


def people_count() -> int:
    """How many people there are."""
    return db().scalar(select(func.count()).select_from(Contact).where(Contact.archived_at.is_(None))) or 0


def room_for_people() -> tuple[int, int] | None:
    """(how many more people there is room for, the plan's number), None for as many as one likes."""
    limit = plan_now().contacts
    return None if limit is None else (max(limit - people_count(), 0), limit)


def refuse_beyond_plan() -> None:
    """Raises OverPlan where there is no room for one more."""
    room = room_for_people()
    if room is not None and room[0] < 1:
        raise OverPlan(
            f"Your plan has room for {room[1]:,} people, and all of it is used. Delete people, or have it raised. "
            "Nothing was saved."
        )
