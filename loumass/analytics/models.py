"""Figures that cost days, not events; what people reacted to; values that were earned."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents

_ZERO = text("0")


class QuarterCount(OrganizationScoped, Base):
    """How often something happened in one quarter of an hour, counted anew from the facts whenever one of them comes.

    Quarters, since every timezone's midnight is one: days are sums of them, whatever the organization's timezone becomes.
    All zeros stand for "none": key columns cannot be null.
    """

    __tablename__ = "quarter_count"

    # No key to the organization, as `event`, of which it is made anew: it would cost each row more than the row itself.
    organization_id: Mapped[UUID] = organization_of_parents()
    quarter: Mapped[datetime] = mapped_column(primary_key=True)
    #: `fact`: each fact once. `way`: each fact of somebody who went a way of a split, `part` being `<step>:<branch>`.
    slice: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: What kind of it: the class of a reply, why somebody left, how soon an answer came.
    part: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    #: How long they took together, where it is something that takes time.
    seconds: Mapped[int] = mapped_column(BigInteger, default=0, server_default=_ZERO)


class DailyCount(OrganizationScoped, Base):
    """How often something happened on one day of the organization: the sum of its quarters."""

    __tablename__ = "daily_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    #: All zeros stands for "no campaign": key columns cannot be null.
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0, server_default=_ZERO)


class DailyPart(OrganizationScoped, Base):
    """The same by one thing that tells facts of a day apart: step, sender, hour, colleague, way, kind of it."""

    __tablename__ = "daily_part"

    organization_id: Mapped[UUID] = organization_of_parents()
    #: What it is told apart by (`counting.SLICES`).
    slice: Mapped[str] = mapped_column(primary_key=True)
    #: All zeros: everything together, with and without a campaign.
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    seconds: Mapped[int] = mapped_column(BigInteger, default=0, server_default=_ZERO)


class StaleQuarter(OrganizationOwned, Base):
    """Something came to be known of a quarter since it was counted. A row for each telling: whoever tells waits for nobody."""

    __tablename__ = "stale_quarter"
    __table_args__ = (Index(None, "organization_id", "work", "quarter"),)

    #: `count`: the quarter itself. `engage`: the people who were in it.
    work: Mapped[str]
    quarter: Mapped[datetime]


class FigureMark(OrganizationScoped, Base):
    """How an organization's days were summed last."""

    __tablename__ = "figure_mark"

    #: The timezone of its days.
    timezone: Mapped[str]
    #: A count that took long is not begun again at once.
    rest_until: Mapped[datetime | None]


class ContactEngagement(OrganizationScoped, Base):
    """What somebody made of what was sent to them, counted anew when something happened to them."""

    __tablename__ = "contact_engagement"
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        Index(None, "organization_id", "rate", "contact_id"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    sent: Mapped[int]
    #: E-mails that they opened or clicked in, as far as a person did.
    read: Mapped[int]
    #: What they wrote, automatic answers apart.
    replied: Mapped[int]
    #: Reactions to each thousand messages, at most a thousand.
    rate: Mapped[int] = mapped_column(
        Computed(
            "CASE WHEN sent > 0 THEN least(read + replied, sent)::bigint * 1000 / sent ELSE 0 END",
            persisted=True,
        )
    )
    reacted_at: Mapped[datetime | None]


class Earning(OrganizationOwned, Base):
    """A value that somebody brought: a goal that is worth something, an order, a deal told by hand."""

    __tablename__ = "earning"
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        belongs_to("campaign", "campaign_id"),
        Index("uq_earning_reference", "organization_id", "source", "reference", unique=True),
        Index(None, "organization_id", "earned_at", "id"),
        Index(None, "organization_id", "contact_id"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("source IN ('goal', 'order', 'by_hand')", name="source"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    contact_id: Mapped[UUID]
    #: In the currency's smallest unit; below zero for what was given back.
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    earned_at: Mapped[datetime]
    source: Mapped[str]
    #: What it is called where it comes from: told twice, it is one.
    reference: Mapped[str]
    #: The campaign that it happened in, which has it where nobody else wrote to them.
    campaign_id: Mapped[UUID | None]
    note: Mapped[str] = mapped_column(default="", server_default="")
    recorded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
