"""What is known about e-mail addresses before anybody writes to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents

VERDICTS = ("valid", "risky", "invalid", "unknown")
STANDINGS = ("accepts", "address_only", "refuses", "missing", "unknown")
LISTS = ("disposable", "role", "free")


class EmailCheck(OrganizationScoped, Base):
    """What was found about a contact's address. `verification_id` is set while it waits to be looked at."""

    __tablename__ = "email_check"
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        belongs_to("email_verification", "verification_id"),
        Index(
            None,
            "organization_id",
            "verification_id",
            "contact_id",
            postgresql_where=text("verification_id IS NOT NULL"),
        ),
        Index(None, "organization_id", "status", "contact_id", postgresql_where=text("status IS NOT NULL")),
        CheckConstraint(f"status IN {VERDICTS}", name="status"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    verification_id: Mapped[UUID | None]
    #: Keyed hash of the address that was judged: a contact's new address was not.
    email_hash: Mapped[bytes | None]
    status: Mapped[str | None]
    #: Why, in codes of `verifying.judging.REASONS`.
    reasons: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    checked_at: Mapped[datetime | None]


class MailDomain(OrganizationScoped, Base):
    """Whether a domain takes mail, as DNS said when it was asked last."""

    __tablename__ = "mail_domain"
    __table_args__ = (CheckConstraint(f"standing IN {STANDINGS}", name="standing"),)

    domain: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    standing: Mapped[str]
    looked_up_at: Mapped[datetime]


class EmailVerification(OrganizationOwned, Base):
    """One request to verify many addresses. `done_count` commits with the results it counts."""

    __tablename__ = "email_verification"
    __table_args__ = (
        belongs_to("contact_import", "import_id"),
        Index(None, "organization_id", "created_at", "id"),
        Index(None, "organization_id", "import_id", postgresql_where=text("import_id IS NOT NULL")),
        CheckConstraint("state IN ('running', 'done', 'cancelled')", name="state"),
    )

    #: Whom it is about, in words: a file's or campaign's name, `12 people`.
    subject: Mapped[str]
    import_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default="running")
    total: Mapped[int] = mapped_column(default=0)
    done_count: Mapped[int] = mapped_column(default=0)
    valid_count: Mapped[int] = mapped_column(default=0)
    risky_count: Mapped[int] = mapped_column(default=0)
    invalid_count: Mapped[int] = mapped_column(default=0)
    unknown_count: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    cancel_asked_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class AddressRule(OrganizationOwned, Base):
    """An organization's own word about a list of ours: it adds a domain or name, or takes one off."""

    __tablename__ = "address_rule"
    __table_args__ = (
        UniqueConstraint("organization_id", "kind", "value"),
        CheckConstraint(f"kind IN {LISTS}", name="kind"),
    )

    kind: Mapped[str]
    #: A domain, or for `role` what stands before the @.
    value: Mapped[str] = mapped_column(Text(collation="C"))
    is_listed: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
