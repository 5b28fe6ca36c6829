"""Raw inbound calls and polled items: stored before they are understood."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to


class Delivery(OrganizationOwned, Base):
    """One raw item, unique on the vendor's own identity of it."""

    __tablename__ = "delivery"
    __table_args__ = (
        belongs_to("channel", "channel_id"),
        UniqueConstraint("organization_id", "channel_id", "identity"),
        Index(None, "organization_id", "due_at", postgresql_where=text("state = 'pending'")),
        CheckConstraint("state IN ('pending', 'done', 'failed')", name="state"),
    )

    channel_id: Mapped[UUID]
    identity: Mapped[str]
    #: Headers, IMAP flags and folder, the URL that was called: what parsing needs beside the body.
    meta: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes]
    state: Mapped[str] = mapped_column(default="pending", server_default="pending")
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    problem: Mapped[str | None]
    due_at: Mapped[datetime | None] = mapped_column(default=clock.now)
    received_at: Mapped[datetime] = mapped_column(default=clock.now)


class AwaitedReport(OrganizationScoped, Base):
    """A message that its vendor took and of which nobody knows yet whether it arrived: asked for when no call comes."""

    __tablename__ = "awaited_report"
    __table_args__ = (
        belongs_to("channel", "channel_id"),
        Index(None, "organization_id", "channel_id", "look_at"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[UUID]
    look_at: Mapped[datetime]
    looks: Mapped[int] = mapped_column(default=0, server_default=text("0"))
