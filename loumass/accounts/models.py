"""Organizations, users and their places in organizations; what was done that matters (audit)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.ids import uuid7
from loumass.core.tenancy import OrganizationOwned

ROLES = ("admin", "member", "agent", "viewer")


class Organization(Base):
    """The tenant. Global: its id is what every tenant row starts with."""

    __tablename__ = "organization"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    #: Short public number, carried by links.
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=1001), unique=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="America/New_York")
    country: Mapped[str] = mapped_column(default="US")
    postal_address: Mapped[str] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    #: Whether campaigns tell who opened and who clicked, unless they say otherwise; and answers of people.
    is_open_tracked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_click_tracked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_answer_tracked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: Members see only their own campaigns, people and conversations (docs/people.md).
    shows_only_own: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: What a positive answer, and a "not interested", make of somebody's status in the campaign that they answer; empty:
    #: nothing, unless the campaign says otherwise.
    positive_status: Mapped[str] = mapped_column(default="Needs BDR", server_default="Needs BDR")
    declined_status: Mapped[str] = mapped_column(default="", server_default="")
    #: Whoever has no second factor sets one up before anything else.
    needs_second_factor: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: Everything of it is deleted from this moment on; until then an admin may undo that.
    deleted_from: Mapped[datetime | None]
    deletion_asked_at: Mapped[datetime | None]
    deletion_asked_by_id: Mapped[UUID | None]
    #: What the organization may have and send (`flask plan`); null: as much as it likes.
    plan: Mapped[str] = mapped_column(default="", server_default="")
    contacts_limit: Mapped[int | None]
    #: In a month of the organization's own time zone.
    emails_limit: Mapped[int | None]
    #: Campaigns that run, or will by themselves.
    workflows_limit: Mapped[int | None]
    #: What of it people were told is nearly used, or used: day and share of the last time.
    plan_warned: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class User(Base):
    """A person who signs in. One person may belong to several organizations."""

    __tablename__ = "user_account"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    email: Mapped[str]
    #: Lower-case, compared and unique.
    email_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    #: Raised by a password change; sessions of an older epoch end.
    epoch: Mapped[int] = mapped_column(default=1)
    timezone: Mapped[str | None]
    phone: Mapped[str | None]
    signature: Mapped[str] = mapped_column(default="")
    #: The secret of an authenticator, sealed; it counts once `second_factor_since` is set.
    sealed_second_factor: Mapped[bytes | None]
    second_factor_since: Mapped[datetime | None]
    #: The last time step whose code was taken: no code is taken twice.
    second_factor_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    #: When a link that was sent to the address proved that it is theirs; None after it changed.
    address_proven_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_login_at: Mapped[datetime | None]


class UserSession(Base):
    """One browser that somebody signed in with, until it is ended. Its cookie names it."""

    __tablename__ = "user_session"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    #: How they came in: `password`, `google`, ...
    way: Mapped[str]
    came_from: Mapped[str]
    browser: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """Stands in for an authenticator that was lost, once."""

    __tablename__ = "recovery_code"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class VendorAccount(Base):
    """An account at Google or Microsoft that somebody signs in with; the vendor's own id names it, never an address."""

    __tablename__ = "vendor_account"
    __table_args__ = (Index(None, "user_id"),)

    vendor: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    #: What it was called when it was last used; for the eye only.
    email: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)


class Membership(Base):
    """A user's place in an organization. Global, with policies by organization and by user."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"), Index(None, "user_id"))

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    role: Mapped[str]
    #: Also where members see only their own: for those who look after others.
    sees_everything: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Invitation(Base):
    """An offer of a role, sent by e-mail; found by the hash of its token (definer function)."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role"),
        UniqueConstraint("organization_id", "email_key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"))
    email: Mapped[str]
    email_key: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    invited_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]


class SystemMail(Base):
    """Mail of the installation itself (resets, invitations): kept until sent, its text sealed."""

    __tablename__ = "system_mail"
    __table_args__ = (Index(None, "due_at", postgresql_where=text("sent_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    recipient: Mapped[str]
    subject: Mapped[str]
    sealed_text: Mapped[bytes | None]
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]
    due_at: Mapped[datetime | None] = mapped_column(default=clock.now)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]


class AuditEntry(OrganizationOwned, Base):
    """Who did what that matters: sign-ins, exports, changes of team and channels. Append-only."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "organization_id", "happened_at", "id"),)

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    action: Mapped[str]
    subject_kind: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ip_hash: Mapped[bytes | None]
    #: Network address and browser that it was done from; empty for what Loumass did by itself.
    came_from: Mapped[str] = mapped_column(default="", server_default=text("''"))
    browser: Mapped[str] = mapped_column(default="", server_default=text("''"))
    happened_at: Mapped[datetime] = mapped_column(default=clock.now)


class OrganizationExport(OrganizationOwned, Base):
    """Everything of an organization in one archive, written slice by slice. `parts` are files that wait to be packed."""

    __tablename__ = "organization_export"
    __table_args__ = (CheckConstraint("state IN ('running', 'done', 'failed', 'gone')", name="state"),)

    state: Mapped[str] = mapped_column(default="running", server_default=text("'running'"))
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    #: The table that is being written, and the key of its last row that was.
    table_name: Mapped[str] = mapped_column(default="", server_default=text("''"))
    after: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    parts: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    row_count: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    file_key: Mapped[str] = mapped_column(default="", server_default=text("''"))
    size: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    problem: Mapped[str] = mapped_column(default="", server_default=text("''"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
