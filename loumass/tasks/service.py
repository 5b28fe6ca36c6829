"""What others ask of tasks."""

from __future__ import annotations

from loumass.tasks.assigning import Assignment, able_members
from loumass.tasks.counting import due_for, outcomes_since
from loumass.tasks.doing import closed_words, complete, give, put_off, skip
from loumass.tasks.planning import (
    TOPIC,
    Doer,
    Errand,
    cancel_tasks,
    compiled,
    expire_tasks,
    outcomes_at,
    plan_tasks,
)

__all__ = [
    "TOPIC",
    "Assignment",
    "Doer",
    "Errand",
    "able_members",
    "cancel_tasks",
    "closed_words",
    "compiled",
    "complete",
    "due_for",
    "expire_tasks",
    "give",
    "outcomes_at",
    "outcomes_since",
    "plan_tasks",
    "put_off",
    "skip",
]
