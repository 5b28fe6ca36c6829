"""What each answer was taken for, and who else may judge."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents
from loumass.messages.sorting.kinds import KINDS


class SortedReply(OrganizationScoped, Base):
    """An answer and its kind, with why. A person's correction is the last word."""

    __tablename__ = "sorted_reply"
    __table_args__ = (
        belongs_to("message", "message_id"),
        belongs_to("conversation", "conversation_id"),
        Index("ix_sorted_reply_conversation", "organization_id", "conversation_id"),
        Index(
            "ix_sorted_reply_asks",
            "organization_id",
            "asks_since",
            postgresql_where=sql("asks_since IS NOT NULL"),
        ),
        CheckConstraint(f"kind IN {('', *KINDS)}", name="kind"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    #: The step of a campaign that it answers.
    node_id: Mapped[UUID | None]
    #: One of `KINDS`; empty: nothing says it for sure.
    kind: Mapped[str] = mapped_column(default="", server_default="")
    #: Their words that say it, or what a vendor gave as its reason.
    phrase: Mapped[str] = mapped_column(default="", server_default="")
    #: `words`: our own judge; else the kind of vendor.
    judge: Mapped[str]
    #: Away: the day that they named.
    back_on: Mapped[date | None]
    #: What it was taken for before a person corrected it.
    first_kind: Mapped[str] = mapped_column(default="", server_default="")
    #: A vendor is still to be asked; until then, and where it fails, our own judgement stands.
    asks_since: Mapped[datetime | None]
    corrected_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    corrected_at: Mapped[datetime | None]
    sorted_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=sql("now()"))


class SorterAccount(OrganizationOwned, Base):
    """A service that judges answers for the organization: credentials, and whether it works."""

    __tablename__ = "sorter_account"
    __table_args__ = (
        UniqueConstraint("organization_id", "provider"),
        CheckConstraint("state IN ('active', 'disconnected')", name="state"),
    )

    provider: Mapped[str]
    #: JSON sealed with AAD `sorter_account.sealed_credentials|organization|account`.
    sealed_credentials: Mapped[bytes]
    state: Mapped[str] = mapped_column(default="active")
    state_reason: Mapped[str] = mapped_column(default="", server_default="")
    #: Not asked until then, since it failed.
    resting_until: Mapped[datetime | None]
    failures_in_a_row: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
