"""One claimed enrollment as it changes while a slice runs, and the steps it enters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from loumass.core.ids import uuid7


@dataclass(slots=True)
class NewStep:
    """A step that was entered in this slice, and perhaps left in it as well. Only those where somebody stays, or is
    sent something, need an id here; the database gives the others theirs."""

    walker: Walker
    node_id: UUID
    visit: int
    id: UUID | None = None
    left_at: datetime | None = None
    outcome: str | None = None


@dataclass(slots=True)
class Walker:
    """One claimed enrollment, as it changes while the slice runs. Its row is locked; the engine writes it back."""

    id: UUID
    contact_id: UUID
    node_id: UUID | None
    step_id: UUID | None
    visit: int
    entered_at: datetime | None
    stage: str
    status: str
    status_changed_at: datetime | None
    is_catching_up: bool
    replied_at: datetime | None
    last_sent_at: datetime | None
    #: The contact's; what it says may be no timezone at all.
    timezone: str | None
    state: str = "active"
    reason: str | None = None
    due_at: datetime | None = None
    waiting_for: dict[str, Any] | None = None
    #: The step it stands in, when it was entered in this slice; it has no id before somebody asks for one.
    new_step: NewStep | None = None

    def step(self) -> UUID | None:
        """The id of the step it stands in; None before the first."""
        if self.step_id is None and self.new_step is not None:
            self.step_id = self.new_step.id = uuid7()
        return self.step_id
