"""Calls to other systems: what is said, to which host, by which key, and every attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents

STATES = ("queued", "calling", "delivered", "failed", "cancelled")
ENDED = ("delivered", "failed", "cancelled")
NO_BYTES = text("''")


class WebhookKey(OrganizationOwned, Base):
    """What calls are signed with, and headers that go along. The one without a name is the organization's own.

    With a `host` it is used for that host alone: whoever writes steps cannot have its headers sent elsewhere.
    """

    __tablename__ = "webhook_key"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: Mapped[str]
    host: Mapped[str] = mapped_column(Text(collation="C"), default="", server_default="")
    sealed_secret: Mapped[bytes]
    #: The secret before: it signs as well until then, so that receivers can change over.
    sealed_previous: Mapped[bytes] = mapped_column(default=b"", server_default=NO_BYTES)
    previous_until: Mapped[datetime | None]
    #: JSON of name -> value, and the names alone for pages.
    sealed_headers: Mapped[bytes] = mapped_column(default=b"", server_default=NO_BYTES)
    header_names: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class WebhookHost(OrganizationScoped, Base):
    """A host (`name:port`) that is called: its row is locked while calls are taken, and says whether it rests."""

    __tablename__ = "webhook_host"

    host: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    #: Attempts in a row that it did not answer, or answered with an error of its own.
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    rests_until: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="", server_default="")


class WebhookCall(OrganizationOwned, Base):
    """One call of one visit of a step. Its id is the Webhook-Id of every attempt; its body never changes."""

    __tablename__ = "webhook_call"
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        belongs_to("stream", "stream_id"),
        UniqueConstraint("organization_id", "step_id"),
        Index(
            "ix_webhook_call_due",
            "organization_id",
            "host",
            "due_at",
            "id",
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_webhook_call_calling",
            "organization_id",
            "host",
            "lease_until",
            postgresql_where=text("state = 'calling'"),
        ),
        Index(
            "ix_webhook_call_parked",
            "organization_id",
            "stream_id",
            postgresql_where=text("waiting_for IS NOT NULL"),
        ),
        Index(None, "organization_id", "created_at", "id"),
        Index(None, "organization_id", "contact_id"),
        CheckConstraint(f"state IN {STATES}", name="state"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    host: Mapped[str] = mapped_column(Text(collation="C"))
    url: Mapped[str]
    key_name: Mapped[str] = mapped_column(default="", server_default="")
    #: Exactly what is sent; empty once it was forgotten.
    body: Mapped[str]
    #: What of the answer fills which field of the contact (`filling.py`).
    fills: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    #: Whether the enrollment waits for the outcome.
    is_awaited: Mapped[bool]
    contact_id: Mapped[UUID]
    stream_id: Mapped[UUID]
    enrollment_id: Mapped[UUID]
    step_id: Mapped[UUID]
    node_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    tries_left: Mapped[int]
    due_at: Mapped[datetime | None]
    #: `campaign_paused`, while that holds it back.
    waiting_for: Mapped[str | None]
    #: Calling: until when whoever took it is believed to be at it.
    lease_until: Mapped[datetime | None]
    give_up_at: Mapped[datetime]
    #: Of the latest answer.
    status: Mapped[int | None]
    problem: Mapped[str] = mapped_column(default="", server_default="")
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class WebhookAttempt(OrganizationScoped, Base):
    """One attempt, committed before the network is touched. Without an end, nobody knows whether it arrived."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (belongs_to("webhook_call", "call_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    status: Mapped[int | None]
    problem: Mapped[str] = mapped_column(default="", server_default="")
    #: The first letters of what came back.
    answer: Mapped[str] = mapped_column(default="", server_default="")
