"""Saved rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned

_LIVE = "archived_at IS NULL"


class Segment(OrganizationOwned, Base):
    """A saved rule over contacts. Who is in it is never kept: it is asked each time."""

    __tablename__ = "segment"
    __table_args__ = (
        Index(
            "uq_segment_name_key", "organization_id", "name_key", unique=True, postgresql_where=text(_LIVE)
        ),
        Index(None, "organization_id", "created_at", "id"),
    )

    name: Mapped[str]
    #: The name as two are told apart by: lower case.
    name_key: Mapped[str] = mapped_column(Text(collation="C"))
    description: Mapped[str] = mapped_column(default="", server_default="")
    #: As `contacts.rules` reads it.
    rule: Mapped[dict[str, Any]]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    archived_at: Mapped[datetime | None]
    #: How many people were in it when it was counted last, so that a list has a number before it counts anew.
    people_count: Mapped[int | None]
    counted_at: Mapped[datetime | None]
