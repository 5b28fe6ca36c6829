"""How people come into a campaign by themselves: triggers, calls to their addresses, and who a segment had already."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents

REPEATS = ("once", "every")
CALL_STATES = ("pending", "done", "failed")


class Trigger(OrganizationOwned, Base):
    """One way in. What `config` says belongs to its kind (`triggers/kinds/`)."""

    __tablename__ = "trigger"
    __table_args__ = (
        belongs_to("campaign", "campaign_id"),
        Index(None, "organization_id", "campaign_id"),
        Index("ix_trigger_on", "organization_id", "kind", postgresql_where=text("is_on")),
        CheckConstraint(f"repeats IN {REPEATS}", name="repeats"),
    )

    campaign_id: Mapped[UUID]
    kind: Mapped[str]
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: `once`: whoever was in the campaign before does not come in again; `every`: they do, after `pause_days`.
    repeats: Mapped[str] = mapped_column(default="once")
    pause_days: Mapped[int] = mapped_column(default=0)
    is_on: Mapped[bool] = mapped_column(default=True)
    #: Counted up for a new secret address: the one before leads nowhere then.
    address_number: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    #: A date: the last day that was looked at, in the organization's time.
    looked_until: Mapped[date | None]
    #: A segment: when the last whole look began, and when the next one may.
    looked_at: Mapped[datetime | None]
    look_again_at: Mapped[datetime | None]
    #: A look that is under way: when it began, and behind whom it goes on.
    look_began_at: Mapped[datetime | None]
    look_after: Mapped[UUID | None]
    #: What a person should know: people who came round in a circle. Empty when all is well, or somebody has seen it.
    problem: Mapped[str] = mapped_column(default="", server_default="")
    problem_at: Mapped[datetime | None]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    archived_at: Mapped[datetime | None]


class TriggerOccasion(OrganizationScoped, Base):
    """What happened and let somebody in: the same happening lets nobody in twice."""

    __tablename__ = "trigger_occasion"
    __table_args__ = (belongs_to("trigger", "trigger_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    trigger_id: Mapped[UUID] = mapped_column(primary_key=True)
    occasion: Mapped[str] = mapped_column(primary_key=True)


class SegmentSeen(OrganizationScoped, Base):
    """Was in the segment of a trigger at its last look, so does not enter it anew."""

    __tablename__ = "segment_seen"
    __table_args__ = (
        belongs_to("trigger", "trigger_id"),
        belongs_to("contact", "contact_id", is_enforced=False),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    trigger_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)


class TriggerCall(OrganizationOwned, Base):
    """What somebody sent to the address of a trigger, kept as it came before anybody understands it."""

    __tablename__ = "trigger_call"
    __table_args__ = (
        belongs_to("trigger", "trigger_id"),
        Index("ix_trigger_call_due", "organization_id", "trigger_id", "due_at", postgresql_where=text("state = 'pending'")),
        Index("ix_trigger_call_failed", "organization_id", "trigger_id", postgresql_where=text("state = 'failed'")),
        Index("uq_trigger_call_identity", "organization_id", "trigger_id", "identity", unique=True, postgresql_where=text("identity IS NOT NULL")),
        CheckConstraint(f"state IN {CALL_STATES}", name="state"),
    )  # fmt: skip

    organization_id: Mapped[UUID] = organization_of_parents()
    trigger_id: Mapped[UUID]
    #: The caller's own name for the call: the same again changes nothing.
    identity: Mapped[str | None]
    content_type: Mapped[str] = mapped_column(default="", server_default="")
    body: Mapped[bytes]
    state: Mapped[str] = mapped_column(default="pending", server_default="pending")
    problem: Mapped[str] = mapped_column(default="", server_default="")
    contact_id: Mapped[UUID | None]
    due_at: Mapped[datetime | None] = mapped_column(default=clock.now)
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
