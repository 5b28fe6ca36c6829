"""What DNS says of the domains that we send from, what came back to us hour by hour, and who is spared for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents

DOMAIN_STATES = ("unknown", "good", "warning", "bad")


class SendingDomain(OrganizationOwned, Base):
    """A domain that mailboxes of the organization write from, as DNS showed it last."""

    __tablename__ = "sending_domain"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        CheckConstraint(f"state IN {DOMAIN_STATES}", name="state"),
    )

    #: In lower case and ASCII.
    name: Mapped[str]
    #: Where the keys of signatures stand; empty leaves it to what the senders' servers are known to use.
    selectors: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    state: Mapped[str] = mapped_column(default="unknown", server_default="unknown")
    #: One object for each check: name, state, sentence, remedy, records.
    checks: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    checked_at: Mapped[datetime | None]
    #: Why the last look-up came to nothing; what was known before is kept.
    problem: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class TroubleHour(OrganizationScoped, Base):
    """What came back of one channel's messages to one domain within an hour. Only where something came back."""

    __tablename__ = "trouble_hour"
    __table_args__ = (
        belongs_to("channel", "channel_id"),
        Index(None, "organization_id", "domain", "hour"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    #: Of the recipients, in lower case; empty for what has none (numbers).
    domain: Mapped[str] = mapped_column(primary_key=True)
    bounced: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    complained: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    rejected: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class DomainBrake(OrganizationScoped, Base):
    """Campaigns write to nobody at this domain until then. It opens by itself."""

    __tablename__ = "domain_brake"

    domain: Mapped[str] = mapped_column(primary_key=True)
    until_at: Mapped[datetime]
    #: The figures, in words.
    because: Mapped[str]
    #: What came back before this is forgiven: the budget is counted from here.
    counted_from: Mapped[datetime]
    began_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class SoftBounce(OrganizationScoped, Base):
    """A message came back for now. So many of one address within a while bar it for a while."""

    __tablename__ = "soft_bounce"
    __table_args__ = (
        belongs_to("message", "message_id"),
        Index(None, "organization_id", "medium", "address_hash", "bounced_at"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    medium: Mapped[str]
    address_hash: Mapped[bytes]
    bounced_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
