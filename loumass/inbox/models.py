"""What people keep while they answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents


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


class SentDraft(OrganizationScoped, Base):
    """What was typed for a message that may still be taken back: it becomes a draft again then.

    `waited` and `closed` are the conversations that waited for an answer, and that sending closed.
    """

    __tablename__ = "sent_draft"
    __table_args__ = (
        belongs_to("message", "message_id"),
        belongs_to("conversation", "conversation_id"),
        Index(None, "organization_id", "user_id"),
        Index(None, "organization_id", "conversation_id"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(default="", server_default="")
    text: Mapped[str] = mapped_column(default="", server_default="")
    waited: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=sql("'{}'"))
    closed: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=sql("'{}'"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=sql("now()"))
