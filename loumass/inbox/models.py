"""What people keep while they answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, belongs_to


class Draft(OrganizationOwned, Base):
    """What a person of ours has begun to write in a conversation: one for each way of answering."""

    __tablename__ = "draft"
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        UniqueConstraint("organization_id", "conversation_id", "user_id", "kind"),
        CheckConstraint("kind IN ('email', 'sms', 'note')", name="kind"),
    )

    conversation_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
