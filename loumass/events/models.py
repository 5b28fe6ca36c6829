"""What happened: append-only facts, and the rows that tell listeners of them, many facts in one row."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.ids import uuid7
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, organization_of_parents


class Event(OrganizationScoped, Base):
    """A fact. It holds ids, never personal text. Partitioned by month of `happened_at`."""

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "organization_id", "contact_id", "happened_at"),
        # What an answer was taken for, and for what last: few facts are of that kind, and it costs the others nothing.
        Index(
            "ix_event_classified",
            "organization_id",
            "message_id",
            "happened_at",
            "id",
            postgresql_where=text("kind = 'message.classified'"),
        ),
        {"postgresql_partition_by": "RANGE (happened_at)"},
    )

    # No keys at all: a fact outlives what it tells of, the policy says whose it is, and every key costs every fact.
    organization_id: Mapped[UUID] = organization_of_parents()
    happened_at: Mapped[datetime] = mapped_column(primary_key=True, default=clock.now)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, server_default=text("uuidv7()"))
    kind: Mapped[str]
    contact_id: Mapped[UUID | None]
    campaign_id: Mapped[UUID | None]
    enrollment_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    channel_id: Mapped[UUID | None]
    node_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))


class Notice(OrganizationOwned, Base):
    """One listener has yet to hear of some events that became known together. Its job claims and deletes it."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "organization_id", "listener", "due_at", "id"),)

    listener: Mapped[str]
    event_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    #: Between which moments the events happened: they are looked for in those months only.
    happened_from: Mapped[datetime]
    happened_until: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Null when it failed so often that a person must look.
    due_at: Mapped[datetime | None] = mapped_column(default=clock.now)
    problem: Mapped[str | None]
