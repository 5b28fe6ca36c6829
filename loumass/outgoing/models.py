"""Calls to other systems: what is said, to which host, by which key, and every attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
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


class WebhookEndpoint(OrganizationOwned, Base):
    """An address that is told of facts as they happen. `events` are kinds of facts."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        Index("ix_webhook_endpoint_on", "organization_id", postgresql_where=text("is_on")),
        CheckConstraint("NOT is_on OR removed_at IS NULL", name="on"),
    )

    name: Mapped[str]
    url: Mapped[str]
    host: Mapped[str] = mapped_column(Text(collation="C"))
    key_name: Mapped[str] = mapped_column(default="", server_default="")
    events: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    is_on: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    #: Why and when it was switched off by itself.
    problem: Mapped[str] = mapped_column(default="", server_default="")
    turned_off_at: Mapped[datetime | None]
    #: The latest call that it took: one that took some lately is not given up for a single failure.
    answered_at: Mapped[datetime | None]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    removed_at: Mapped[datetime | None]


class WebhookCall(OrganizationOwned, Base):
    """One call: of a visit of a step, or of an endpoint about a fact. Its id is the Webhook-Id of every attempt; its body
    never changes."""

    __tablename__ = "webhook_call"
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        belongs_to("stream", "stream_id"),
        belongs_to("webhook_endpoint", "endpoint_id"),
        UniqueConstraint("organization_id", "step_id"),
        UniqueConstraint("organization_id", "endpoint_id", "event_id"),
        Index(
            None,
            "organization_id",
            "endpoint_id",
            "created_at",
            "id",
            postgresql_where=text("endpoint_id IS NOT NULL"),
        ),
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
    #: All of a step's; of a fact whom it is about, if anybody.
    contact_id: Mapped[UUID | None]
    stream_id: Mapped[UUID | None]
    enrollment_id: Mapped[UUID | None]
    step_id: Mapped[UUID | None]
    node_id: Mapped[UUID | None]
    #: Of a fact: whom it is told, and which one it is.
    endpoint_id: Mapped[UUID | None]
    event_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    tries_left: Mapped[int]
    due_at: Mapped[datetime | None]
    #: `campaign_paused` or `endpoint_off`, while that holds it back.
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
