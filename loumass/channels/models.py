"""An organization's connected senders: one mailbox, number or caller id each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents

#: Texts and voicemails reach people between these minutes of their own day (47 CFR 64.1200(c)(1)).
LAW_UNTIL, LAW_FROM = 8 * 60, 21 * 60


class Channel(OrganizationOwned, Base):
    """One connected sender: who it is, what it may do, and whether it can."""

    __tablename__ = "channel"
    __table_args__ = (
        UniqueConstraint("organization_id", "provider", "address"),
        CheckConstraint("medium IN ('email', 'sms', 'voicemail')", name="medium"),
        CheckConstraint("state IN ('active', 'paused', 'disconnected')", name="state"),
    )

    provider: Mapped[str]
    medium: Mapped[str]
    name: Mapped[str]
    #: Mailbox or E.164 number, normalised.
    address: Mapped[str]
    sender_name: Mapped[str] = mapped_column(default="")
    #: JSON sealed with AAD `channel.sealed_credentials|organization|channel`.
    sealed_credentials: Mapped[bytes]
    #: What the provider needs and is not secret (host, port, messaging service).
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[str] = mapped_column(default="active")
    state_reason: Mapped[str] = mapped_column(default="")
    state_changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    #: Since when it has not been active, through all states that are not; null while it is.
    stopped_at: Mapped[datetime | None]
    #: Limits: null means none. None that is given means none as well, not the default.
    daily_cap: Mapped[int | None] = mapped_column(Integer().evaluates_none(), default=200)
    per_minute: Mapped[int | None]
    minimum_gap_seconds: Mapped[int] = mapped_column(default=0)
    #: Each gap is longer by up to this share of itself, in percent.
    gap_jitter: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Warm-up: messages on its first day, so many more on each day after one that sent something, and where it ends.
    warmup_start: Mapped[int | None]
    warmup_step: Mapped[int | None]
    warmup_ceiling: Mapped[int | None]
    warmup_since: Mapped[date | None]
    #: Sending window in the contact's time: weekdays as ISO numbers, minutes since midnight [from, until).
    window_weekdays: Mapped[list[Any]] = mapped_column(default=lambda: [1, 2, 3, 4, 5, 6, 7])
    window_from: Mapped[int] = mapped_column(default=0)
    window_until: Mapped[int] = mapped_column(default=1440)
    #: Closed on the organization's days off, by the date where the contact lives.
    skips_days_off: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: Lease of the one delivering process.
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    #: The channel as a whole rests until then (throttled, minimum gap, back-off), and why.
    resting_until: Mapped[datetime | None]
    resting_because: Mapped[str] = mapped_column(default="")
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    #: Too much came back: at least so many seconds between two messages, and why, with the figures.
    brake_gap_seconds: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    brake_because: Mapped[str] = mapped_column(default="", server_default="")
    #: A person has looked: what came back before is forgiven.
    budget_from: Mapped[datetime | None]
    #: Where polling goes on (UIDVALIDITY/UID ...), and when it last worked.
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict)
    polled_at: Mapped[datetime | None]
    poll_problem: Mapped[str] = mapped_column(default="")
    #: Until when the vendor tells us of what arrives, and what renewing that needs.
    watched_until: Mapped[datetime | None]
    watch: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    archived_at: Mapped[datetime | None]


class ChannelDay(OrganizationScoped, Base):
    """What a channel did on one day of the organization; the cap is counted here."""

    __tablename__ = "channel_day"
    __table_args__ = (belongs_to("channel", "channel_id"),)

    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    #: Claimed and not given back: `sending` counts as used.
    used: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    sent: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    failed: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    bounced: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    replied: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    complained: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: When people were told that the cap comes near, and that it is reached.
    warned_at: Mapped[datetime | None]
    full_at: Mapped[datetime | None]


class SendingRule(OrganizationScoped, Base):
    """What holds for all channels of an organization; none means: the law's night, and no budget per person.

    Times are minutes of the person's own day.
    """

    __tablename__ = "sending_rule"
    __table_args__ = (
        CheckConstraint(
            f"quiet_until >= {LAW_UNTIL} AND quiet_from <= {LAW_FROM} OR quiet_reason <> ''",
            name="quiet_hours",
        ),
    )

    contact_per_day: Mapped[int | None]
    contact_per_week: Mapped[int | None]
    quiet_until: Mapped[int] = mapped_column(default=LAW_UNTIL, server_default=text(str(LAW_UNTIL)))
    quiet_from: Mapped[int] = mapped_column(default=LAW_FROM, server_default=text(str(LAW_FROM)))
    #: Why an admin widened them past the law, who and when.
    quiet_reason: Mapped[str] = mapped_column(default="", server_default="")
    quiet_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    quiet_changed_at: Mapped[datetime | None]


class Brand(OrganizationOwned, Base):
    """A brand registered with the carriers: its numbers share one budget of segments a day."""

    __tablename__ = "brand"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: Mapped[str]
    segments_per_day: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class BrandChannel(OrganizationScoped, Base):
    """The brand that a number sends for."""

    __tablename__ = "brand_channel"
    __table_args__ = (belongs_to("channel", "channel_id"), belongs_to("brand", "brand_id"))

    organization_id: Mapped[UUID] = organization_of_parents()
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    brand_id: Mapped[UUID]


class BrandDay(OrganizationScoped, Base):
    """Segments that a brand used on one day of the organization; `sending` counts as used."""

    __tablename__ = "brand_day"
    __table_args__ = (belongs_to("brand", "brand_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    brand_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: When people were told that the segments come near their end, and that they are used.
    warned_at: Mapped[datetime | None]
    full_at: Mapped[datetime | None]


class VendorClient(OrganizationOwned, Base):
    """The organization's own application at a vendor where people sign in: one per vendor."""

    __tablename__ = "vendor_client"
    __table_args__ = (UniqueConstraint("organization_id", "vendor"),)

    #: `google` or `microsoft`.
    vendor: Mapped[str]
    client_id: Mapped[str]
    #: Sealed with AAD `vendor_client.sealed_secret|organization|id`.
    sealed_secret: Mapped[bytes]
    #: The vendor's own: topic and pusher, or tenant.
    options: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class HookAddress(Base):
    """The public address that a vendor calls: finds the organization before it is known. Global."""

    __tablename__ = "hook_address"
    __table_args__ = (
        Index(None, "provider", "account", "address"),
        UniqueConstraint("organization_id", "channel_id"),
    )

    token: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"))
    channel_id: Mapped[UUID]
    provider: Mapped[str]
    #: The vendor's name of the account (Twilio's AccountSid) and our address there.
    account: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
