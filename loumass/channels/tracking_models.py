"""Names of an organization's own under which its links and pictures lead here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned

STATES = ("pending", "verified", "failing")


class TrackingDomain(OrganizationOwned, Base):
    """Used only while `verified`. Never deleted: the bytes of what was sent name it."""

    __tablename__ = "tracking_domain"
    __table_args__ = (
        Index(
            "uq_tracking_domain_name",
            "organization_id",
            "name",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        CheckConstraint(f"state IN {STATES}", name="state"),
    )

    name: Mapped[str]
    #: `pending` was never verified, `failing` was and is not now.
    state: Mapped[str] = mapped_column(default="pending")
    reason: Mapped[str] = mapped_column(default="")
    #: Whether it answers by https.
    is_secure: Mapped[bool] = mapped_column(default=True)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    checked_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class TrackingHost(Base):
    """A name that leads here and is not the application's: found before the organization is known. Global.

    Whoever verified it first has claimed it: nobody else may until they remove it. One that was never verified is still
    whatever it was before: naming a host must not take it away from anybody.
    """

    __tablename__ = "tracking_host"
    __table_args__ = (
        Index("uq_tracking_host_claimed", "name", unique=True, postgresql_where=text("is_claimed")),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    is_claimed: Mapped[bool] = mapped_column(default=False)
    #: Stays when it is removed: links in old mail lead there, and nobody ever signs in.
    was_verified: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
