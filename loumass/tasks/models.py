"""To-dos: what somebody of ours does by hand for one contact, while their enrollment waits for the outcome."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, belongs_to, organization_of_parents

KINDS = ("call", "linkedin", "email", "other")
STATES = ("open", "done", "skipped", "expired", "cancelled")
#: Less is more urgent, as for messages.
PRIORITIES = {"high": 0, "normal": 1, "low": 2}
_OPEN = text("state = 'open'")


class Task(OrganizationOwned, Base):
    """One to-do of one visit of a step. Its words are rendered for the contact when it is made, and stay."""

    __tablename__ = "task"
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        belongs_to("stream", "stream_id"),
        UniqueConstraint("organization_id", "step_id"),
        # As lists of what is to be done are ordered.
        Index("ix_task_due", "organization_id", "priority", "due_at", "id", postgresql_where=_OPEN),
        Index(
            "ix_task_assignee",
            "organization_id",
            "assignee_id",
            "priority",
            "due_at",
            "id",
            postgresql_where=_OPEN,
        ),
        Index("ix_task_enrollment", "organization_id", "enrollment_id", postgresql_where=_OPEN),
        Index(
            "ix_task_closed",
            "organization_id",
            "closed_at",
            "id",
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        Index(None, "organization_id", "contact_id", "created_at"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    #: What is to be done: `call`, `linkedin`, `email` (by hand) or `other`.
    kind: Mapped[str]
    title: Mapped[str]
    script: Mapped[str] = mapped_column(default="", server_default="")
    #: The outcomes that the step offers, as it was then: `[{"branch": "a", "label": "Reached"}, ...]`.
    outcomes: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    contact_id: Mapped[UUID]
    #: The campaign (stream), enrollment, step and node that it was made for.
    stream_id: Mapped[UUID]
    enrollment_id: Mapped[UUID]
    step_id: Mapped[UUID]
    node_id: Mapped[UUID]
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    priority: Mapped[int] = mapped_column(default=PRIORITIES["normal"], server_default=text("1"))
    due_at: Mapped[datetime]
    #: When the enrollment goes on without it.
    expires_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="open", server_default="open")
    #: Done: the branch that was taken.
    outcome: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="", server_default="")
    closed_at: Mapped[datetime | None]
    #: Who did or skipped it; nobody, when it expired or was cancelled.
    closed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    #: Cancelled: why.
    reason: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.state == "open"

    @property
    def outcome_label(self) -> str:
        """The outcome in the step's words; empty where there is none."""
        return label_of(self.outcomes, self.outcome)


def label_of(outcomes: list[Any], branch: str | None) -> str:
    """What the outcome that leaves by `branch` is called."""
    return next((str(one["label"]) for one in outcomes if one["branch"] == branch), "")
