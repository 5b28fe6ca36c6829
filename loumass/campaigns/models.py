"""Funnels that run: campaigns, the people inside and every step they take."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents
from loumass.funnels.statuses import Status

CAMPAIGN_STATES = ("draft", "scheduled", "running", "paused", "finished", "cancelled")
ENROLLMENT_STATES = ("active", "waiting", "held", "ended")
COLLEAGUES = ("stay", "leave", "hold")
STATUSES = tuple(status.value for status in Status)


class Campaign(OrganizationOwned, Base):
    """A template's graph, cloned, with contacts walking it. Its stream in `messages` has the same id."""

    __tablename__ = "campaign"
    __table_args__ = (
        belongs_to("stream", "id"),
        belongs_to("graph", "graph_id"),
        belongs_to("template", "template_id"),
        belongs_to("channel", "email_channel_id"),
        belongs_to("channel", "sms_channel_id"),
        belongs_to("channel", "voicemail_channel_id"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint(f"state IN {CAMPAIGN_STATES}", name="state"),
    )

    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    graph_id: Mapped[UUID]
    template_id: Mapped[UUID | None]
    #: `in_person`, `virtual`, or null for a campaign without an event.
    event_type: Mapped[str | None]
    event_name: Mapped[str] = mapped_column(default="")
    event_at: Mapped[datetime | None]
    event_timezone: Mapped[str | None]
    event_place: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    email_channel_id: Mapped[UUID | None]
    sms_channel_id: Mapped[UUID | None]
    voicemail_channel_id: Mapped[UUID | None]
    is_exit_on_reply: Mapped[bool] = mapped_column(default=True)
    is_reply_in_thread: Mapped[bool] = mapped_column(default=True)
    #: Whether e-mails to addresses that were found to be invalid are left out.
    skips_invalid: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: People leave when their status becomes one of these.
    exit_statuses: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    #: What becomes of the others at a company when one of them replied: they `stay`, `leave` or are put on `hold`.
    colleagues: Mapped[str] = mapped_column(default="stay", server_default="stay")
    #: What a positive answer, and a "not interested", make of the status; null: as the organization says, empty: nothing.
    positive_status: Mapped[str | None]
    declined_status: Mapped[str | None]
    #: Null: as the organization does.
    is_open_tracked: Mapped[bool | None]
    is_click_tracked: Mapped[bool | None]
    #: The version that its graph is now: raised by every change that is applied (`CampaignChange`).
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    #: Steps that whoever had them before a moment skips once: node id -> that moment. Empty for nearly every campaign.
    skips: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    #: While a change of many people is applied, slice by slice: nobody of it advances meanwhile (`changing/carrying.py`).
    changing_since: Mapped[datetime | None]
    #: Why it may start although the rules for bulk mail are not kept, and who said so.
    override_reason: Mapped[str] = mapped_column(default="", server_default="")
    override_by_id: Mapped[UUID | None]
    starts_at: Mapped[datetime | None]
    #: Why a start that was agreed on did not happen; a person reads it.
    problem: Mapped[str] = mapped_column(default="", server_default="")
    started_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    paused_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class CampaignChange(OrganizationOwned, Base):
    """A change of a campaign that people walk: a draft of it, then the version that it became (`changing/`)."""

    __tablename__ = "campaign_change"
    __table_args__ = (
        belongs_to("campaign", "campaign_id"),
        belongs_to("graph", "graph_id"),
        belongs_to("graph", "from_graph_id"),
        belongs_to("graph", "before_graph_id"),
        belongs_to("graph", "removed_graph_id"),
        UniqueConstraint("organization_id", "campaign_id", "number"),
        Index(
            "uq_campaign_change_open",
            "organization_id",
            "campaign_id",
            unique=True,
            postgresql_where=text("applied_at IS NULL AND discarded_at IS NULL"),
        ),
        Index(None, "organization_id", "graph_id"),
        Index(None, "organization_id", "before_graph_id"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    campaign_id: Mapped[UUID]
    #: The draft; once it is applied nothing is left in it.
    graph_id: Mapped[UUID]
    #: The campaign's version that the draft was made from.
    base_number: Mapped[int]
    #: What it takes over, if not the campaign's own graph: a version of its template, or an earlier one of its own.
    from_graph_id: Mapped[UUID | None]
    made_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    discarded_at: Mapped[datetime | None]
    #: When somebody applied it. Until everybody was carried over, `work` says what is left to be done.
    applied_at: Mapped[datetime | None]
    applied_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    #: The version that the campaign becomes by it.
    number: Mapped[int | None]
    #: The version that it took back.
    undoes: Mapped[int | None]
    #: The campaign as it was before, frozen: some people may finish on it.
    before_graph_id: Mapped[UUID | None]
    #: The steps that it took out, as rows: steps and messages go on pointing at them.
    removed_graph_id: Mapped[UUID | None]
    #: What changed, in a sentence, and what was done with how many people.
    summary: Mapped[str] = mapped_column(default="", server_default="")
    people: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    #: What was decided on, and how far it is (`changing/work.py`); null before and after.
    work: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class CampaignSender(OrganizationScoped, Base):
    """One of the mailboxes or numbers of a campaign's pool, beside the one that the campaign itself names."""

    __tablename__ = "campaign_sender"
    __table_args__ = (belongs_to("campaign", "campaign_id"), belongs_to("channel", "channel_id"))

    organization_id: Mapped[UUID] = organization_of_parents()
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)


class Enrollment(OrganizationOwned, Base):
    """One contact inside one campaign: where it stands, when it is due, how it ended."""

    __tablename__ = "enrollment"
    __table_args__ = (
        belongs_to("campaign", "campaign_id"),
        belongs_to("contact", "contact_id"),
        belongs_to("node", "node_id", is_enforced=False),
        Index(
            "uq_enrollment_live",
            "organization_id",
            "campaign_id",
            "contact_id",
            unique=True,
            postgresql_where=text("state <> 'ended'"),
        ),
        Index(
            "ix_enrollment_due",
            "organization_id",
            "campaign_id",
            "due_at",
            postgresql_where=text("state IN ('active', 'waiting') AND due_at IS NOT NULL"),
        ),
        Index(None, "organization_id", "campaign_id", "node_id", "state"),
        Index(None, "organization_id", "contact_id"),
        CheckConstraint(f"state IN {ENROLLMENT_STATES}", name="state"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    campaign_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    #: The engine's: `active` (a step is to be decided at `due_at`), `waiting` (a timer or a message), `held` (a person must decide), `ended`.
    state: Mapped[str] = mapped_column(default="active", server_default="active")
    #: `held` or `ended`: why.
    reason: Mapped[str | None]
    #: The BDR's.
    status: Mapped[str] = mapped_column(default="No Activity", server_default="No Activity")
    status_changed_at: Mapped[datetime | None]
    node_id: Mapped[UUID | None]
    step_id: Mapped[UUID | None]
    #: How often it has entered a node so far; steps are unique on (enrollment, node, visit).
    visit: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    entered_at: Mapped[datetime | None]
    #: The last `stage` it passed.
    stage: Mapped[str] = mapped_column(default="", server_default="")
    due_at: Mapped[datetime | None]
    #: What it waits for, as the engine knows it: `{"for": "until", ...}`; pages turn it into a sentence.
    waiting_for: Mapped[dict[str, Any] | None]
    #: After a resume that skips what is past due: sends it comes to are skipped until it rests again.
    is_catching_up: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: The last message that really went, and when: waits count from it.
    last_message_id: Mapped[UUID | None]
    last_sent_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    opted_out_at: Mapped[datetime | None]
    enrolled_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    ended_at: Mapped[datetime | None]
    #: How they came in, where they came by themselves: by which trigger, by what happening (`trigger_occasion`), after which
    #: message, and as which link of a chain of campaigns that led into each other.
    trigger_id: Mapped[UUID | None]
    occasion: Mapped[str | None]
    triggering_message_id: Mapped[UUID | None]
    chain: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class VisitedNode(OrganizationScoped, Base):
    """Somebody stood there: such a node cannot be deleted. The enforced key of all its steps, checked once instead of for
    each of them."""

    __tablename__ = "visited_node"
    __table_args__ = (belongs_to("node", "node_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    node_id: Mapped[UUID] = mapped_column(primary_key=True)


class Step(OrganizationOwned, Base):
    """One visit of one enrollment to one node: entered, left, outcome."""

    __tablename__ = "step"
    __table_args__ = (
        belongs_to("enrollment", "enrollment_id", is_enforced=False),
        belongs_to("node", "node_id", is_enforced=False),
        UniqueConstraint("organization_id", "enrollment_id", "node_id", "visit"),
        Index(None, "organization_id", "campaign_id", "node_id"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    enrollment_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    node_id: Mapped[UUID]
    visit: Mapped[int]
    entered_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    left_at: Mapped[datetime | None]
    #: The branch taken, or why the enrollment ended here.
    outcome: Mapped[str | None]
    #: The campaign's version that it was taken on.
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
