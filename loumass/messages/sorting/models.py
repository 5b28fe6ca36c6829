"""What each answer was taken for, and who else may judge."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationScoped, belongs_to, organization_of_parents
from loumass.messages.sorting.kinds import KINDS
from loumass.vendors.models import OwnAccount


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


class SorterAccount(OwnAccount):
    """A service that judges answers for the organization."""

    __tablename__ = "sorter_account"
