"""What is kept of an account with a vendor. Each trade has a table of its own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.schema import SchemaItem

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned


class OwnAccount(OrganizationOwned, Base):
    """Credentials, and whether they work: one account per vendor."""

    __abstract__ = True

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[SchemaItem, ...]:
        return (
            UniqueConstraint("organization_id", "provider"),
            CheckConstraint("state IN ('active', 'disconnected')", name="state"),
        )

    provider: Mapped[str]
    #: JSON sealed with AAD `<table>.sealed_credentials|organization|account`.
    sealed_credentials: Mapped[bytes]
    state: Mapped[str] = mapped_column(default="active")
    state_reason: Mapped[str] = mapped_column(default="", server_default="")
    #: Not asked until then: it failed, or has no turn for us.
    resting_until: Mapped[datetime | None]
    failures_in_a_row: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: When it was tried last.
    checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
