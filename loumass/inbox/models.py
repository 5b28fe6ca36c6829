"""What people keep while they answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
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
        CheckConstraint("kind IN ('email', 'sms', 'voicemail', 'note', 'forward')", name="kind"),
    )

    conversation_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    #: Other fields of the form by their names (`drafting.MORE`).
    more: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default=sql("'{}'"))
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
    more: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default=sql("'{}'"))
    waited: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=sql("'{}'"))
    closed: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=sql("'{}'"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=sql("now()"))


class Snippet(OrganizationOwned, Base):
    """Words that are written often. Without an owner everybody who answers may use it."""

    __tablename__ = "snippet"
    __table_args__ = (
        UniqueConstraint("organization_id", "owner_id", "shortcut", postgresql_nulls_not_distinct=True),
    )

    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    shortcut: Mapped[str] = mapped_column(Text(collation="C"))
    text: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=sql("now()"))


class MailboxSignature(OrganizationScoped, Base):
    """What somebody's answers from one mailbox end in, where that is not their usual signature."""

    __tablename__ = "mailbox_signature"
    __table_args__ = (belongs_to("channel", "channel_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    text: Mapped[str]
