"""How many tasks wait for the reader today: what the rail shows."""

from __future__ import annotations

from flask import g

from loumass.core import clock
from loumass.inbox.task_pages.filters import end_of_day
from loumass.tasks.service import due_for


def due_today() -> int:
    """The reader's own open tasks that are due by the end of the day."""
    return due_for(g.user.id, end_of_day(clock.now(), g.user.timezone or g.organization.timezone))
