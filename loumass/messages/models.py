"""Conversations and messages: every sending and receipt is a row here."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Computed, ForeignKey, Index, Text, UniqueConstraint, Uuid
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents

STATES = ("queued", "sending", "sent", "failed", "in_doubt", "cancelled", "received", "note")
#: A person's answer outranks campaigns.
PRIORITY_PERSON, PRIORITY_CAMPAIGN = 10, 50
_SAID = sql("last_message_at IS NOT NULL")


class Stream(OrganizationOwned, Base):
    """Something that writes to many and can be paused as a whole: a campaign has one of the same id."""

    __tablename__ = "stream"

    paused_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: What it writes about: nobody gets it who does not want that.
    topic_id: Mapped[UUID | None]


class OptOutProposal(OrganizationOwned, Base):
    """Somebody may have asked us to stop, in their own words. Until a person decides, campaigns do not write to them."""

    __tablename__ = "opt_out_proposal"
    __table_args__ = (
        belongs_to("message", "message_id"),
        belongs_to("conversation", "conversation_id"),
        Index("uq_opt_out_proposal_message", "organization_id", "message_id", unique=True),
        Index(
            None,
            "organization_id",
            "contact_id",
            postgresql_where=sql("decided_at IS NULL"),
        ),
        Index(None, "organization_id", "conversation_id"),
        CheckConstraint("decision IN ('confirmed', 'dismissed')", name="decision"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    message_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    #: Null for somebody unknown.
    contact_id: Mapped[UUID | None]
    medium: Mapped[str]
    #: The words of ours that were found in theirs.
    phrase: Mapped[str]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=sql("now()"))


class Conversation(OrganizationOwned, Base):
    """One thread on one medium through one channel; its contact may be unknown."""

    __tablename__ = "conversation"
    __table_args__ = (
        belongs_to("contact", "contact_id", is_enforced=False),
        belongs_to("channel", "channel_id"),
        belongs_to("conversation", "linked_to_id"),
        UniqueConstraint("organization_id", "channel_id", "thread_key"),
        # Nothing was said yet in a conversation that a campaign has planned: lists and searches do not see it.
        Index(None, "organization_id", "last_message_at", "id", postgresql_where=_SAID),
        # Most of those who are written to never write: a list of those who did must not walk through the others.
        Index(
            "ix_conversation_written",
            "organization_id",
            "last_message_at",
            "id",
            postgresql_where=sql("last_inbound_at IS NOT NULL"),
        ),
        Index(
            "ix_conversation_closed",
            "organization_id",
            "last_message_at",
            "id",
            postgresql_where=sql("closed_at IS NOT NULL"),
        ),
        Index(
            None,
            "organization_id",
            "stream_id",
            "last_message_at",
            postgresql_where=sql("stream_id IS NOT NULL AND last_message_at IS NOT NULL"),
        ),
        Index(
            None,
            "organization_id",
            "needs_reply_since",
            "id",
            postgresql_where=sql("needs_reply_since IS NOT NULL"),
        ),
        Index(None, "organization_id", "unread_since", postgresql_where=sql("unread_since IS NOT NULL")),
        Index(None, "organization_id", "contact_id", "last_message_at"),
        Index(None, "organization_id", "counterpart", "channel_id"),
        Index(None, "organization_id", "subject_key", postgresql_where=_SAID),
        Index(
            None,
            "organization_id",
            "assignee_id",
            postgresql_where=sql("assignee_id IS NOT NULL AND closed_at IS NULL"),
        ),
        Index(
            None,
            "organization_id",
            "channel_id",
            "provider_thread_id",
            postgresql_where=sql("provider_thread_id IS NOT NULL"),
        ),
        Index(None, "organization_id", "snoozed_until", postgresql_where=sql("snoozed_until IS NOT NULL")),
        Index(
            "ix_conversation_reply_kind",
            "organization_id",
            "reply_kind",
            "last_message_at",
            "id",
            postgresql_where=sql("reply_kind IS NOT NULL"),
        ),
        Index(
            "ix_conversation_team",
            "organization_id",
            "team_id",
            "last_message_at",
            postgresql_where=sql("team_id IS NOT NULL AND closed_at IS NULL"),
        ),
        Index(
            "ix_conversation_stands_with",
            "organization_id",
            "stands_with_id",
            "last_message_at",
            postgresql_where=sql("stands_with_id IS NOT NULL"),
        ),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    contact_id: Mapped[UUID | None]
    channel_id: Mapped[UUID]
    medium: Mapped[str]
    #: The other side's normalised address.
    counterpart: Mapped[str] = mapped_column(Text(collation="C"))
    #: What makes it one thread: `enrollment:<id>`, `message:<Message-ID>` or the number itself.
    thread_key: Mapped[str]
    provider_thread_id: Mapped[str | None]
    #: The conversation that somebody else's answer was meant for: strangers never join it.
    linked_to_id: Mapped[UUID | None]
    subject: Mapped[str] = mapped_column(default="", server_default="")
    #: The subject without its `Re:`, in lower case: a search by its beginning is a range (leakproof under policies).
    subject_key: Mapped[str] = mapped_column(
        Text(collation="C"),
        Computed(
            r"lower(left(regexp_replace(subject, '^((re|fwd?|aw|wg|sv)\s*:\s*)+', '', 'i'), 200))",
            persisted=True,
        ),
    )
    #: The campaign that wrote first, if one did (a stream's id).
    stream_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    #: The team that answers (inbox).
    team_id: Mapped[UUID | None]
    #: The line of the inbox that it stands in, where that is not its contact's: a contact, a conversation or itself.
    stands_with_id: Mapped[UUID | None]
    last_message_at: Mapped[datetime | None]
    last_inbound_at: Mapped[datetime | None]
    #: What their last answer was taken for (`sorting/`).
    reply_kind: Mapped[str | None]
    unread_since: Mapped[datetime | None]
    needs_reply_since: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=sql("now()"))


class Message(OrganizationOwned, Base):
    """One sending, receipt or note. `due_at` and `waiting_for` say when it goes and why not now."""

    __tablename__ = "message"
    __table_args__ = (
        belongs_to("conversation", "conversation_id", is_enforced=False),
        belongs_to("contact", "contact_id", is_enforced=False),
        belongs_to("channel", "channel_id", is_enforced=False),
        belongs_to("stream", "stream_id", is_enforced=False),
        belongs_to("content_version", "content_version_id", is_enforced=False),
        belongs_to("media", "sound_id", is_enforced=False),
        Index(
            "ix_message_claim",
            "organization_id",
            "channel_id",
            "priority",
            "due_at",
            "id",
            postgresql_where=sql("is_open"),
        ),
        Index(
            "ix_message_doubt",
            "organization_id",
            "occurred_at",
            "id",
            postgresql_where=sql("is_in_doubt"),
        ),
        Index(None, "organization_id", "sound_id", postgresql_where=sql("sound_id IS NOT NULL")),
        Index(
            "uq_message_step",
            "organization_id",
            "step_id",
            unique=True,
            postgresql_where=sql("step_id IS NOT NULL"),
        ),
        Index(None, "organization_id", "conversation_id", "occurred_at", "id"),
        Index(None, "organization_id", "contact_id", "occurred_at", "id"),
        # A sending changes its row twice, and every index takes every version of which it sees a change. No index sees
        # what an attempt changes (`tests/house/test_catalogue.py`), so that it finds room on the page of its row. Where it
        # can be, an index is partial.
        # No second one over what is queued: where few rows seem to be queued, the planner would take either for anything.
        Index(None, "organization_id", "enrollment_id", postgresql_where=sql("enrollment_id IS NOT NULL")),
        Index(None, "organization_id", "rfc_message_id", postgresql_where=sql("rfc_message_id IS NOT NULL")),
        Index(
            None,
            "organization_id",
            "channel_id",
            "provider_message_id",
            postgresql_where=sql("provider_message_id IS NOT NULL"),
        ),
        Index(
            "uq_message_received",
            "organization_id",
            "channel_id",
            "provider_message_id",
            unique=True,
            postgresql_where=sql("direction = 'in' AND provider_message_id IS NOT NULL"),
        ),
        # What a person sent once is not sent again by a second press of the button.
        Index(
            "uq_message_send_key",
            "organization_id",
            "send_key",
            unique=True,
            postgresql_where=sql("send_key IS NOT NULL"),
        ),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("direction IN ('out', 'in', 'note')", name="direction"),
        CheckConstraint(
            "conversation_id IS NOT NULL OR (direction = 'note' AND contact_id IS NOT NULL)",
            name="conversation",
        ),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    #: Only a note about somebody without any conversation has none.
    conversation_id: Mapped[UUID] = mapped_column(nullable=True)
    contact_id: Mapped[UUID | None]
    channel_id: Mapped[UUID | None]
    #: The campaign (stream), enrollment, step and node that planned it.
    stream_id: Mapped[UUID | None]
    enrollment_id: Mapped[UUID | None]
    step_id: Mapped[UUID | None]
    node_id: Mapped[UUID | None]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    direction: Mapped[str]
    medium: Mapped[str]
    state: Mapped[str]
    #: On its way out, whether taken already or not: what indexes may ask, since an attempt does not change it.
    is_open: Mapped[bool] = mapped_column(Computed("state IN ('queued', 'sending')", persisted=True))
    is_in_doubt: Mapped[bool] = mapped_column(Computed("state = 'in_doubt'", persisted=True))
    priority: Mapped[int] = mapped_column(default=PRIORITY_PERSON, server_default=sql("10"))
    #: Queued: not before. Also when a refusing gate will look again.
    due_at: Mapped[datetime | None]
    #: The gate that refused last (`daily_cap`, `window`, ...); null when none did.
    waiting_for: Mapped[str | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    #: Committed just before the network is touched.
    attempted_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    #: When a bounce came back, and whether for good.
    bounced_at: Mapped[datetime | None]
    is_bounce_permanent: Mapped[bool | None]
    ended_at: Mapped[datetime | None]
    #: Failed or cancelled: a short code and a sentence.
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    to_address: Mapped[str] = mapped_column(default="", server_default="")
    #: Keyed hash of the normalised recipient: what suppression is looked up by.
    to_hash: Mapped[bytes | None]
    from_address: Mapped[str] = mapped_column(default="", server_default="")
    from_name: Mapped[str] = mapped_column(default="", server_default="")
    cc: Mapped[list[Any]] = mapped_column(default=list, server_default=sql("'[]'"))
    #: What was written (person, inbound). Campaign messages are rendered from their version and values.
    subject: Mapped[str] = mapped_column(default="", server_default="")
    text: Mapped[str] = mapped_column(default="", server_default="")
    html: Mapped[str] = mapped_column(default="", server_default="")
    #: Only what was written this time: inbound without quotes and signature, an answer without the mail it quotes.
    reply_text: Mapped[str] = mapped_column(default="", server_default="")
    content_version_id: Mapped[UUID | None]
    #: Frozen when planned, so that the exact bytes can be made again.
    merge_values: Mapped[dict[str, Any] | None]
    #: Voicemail: the media that is dropped, and whether a synthetic voice speaks it (until it has spoken: without media).
    sound_id: Mapped[UUID | None]
    is_synthetic: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    #: What of it is tracked, frozen when planned (`tracking.py`); null: nothing.
    tracked: Mapped[int | None]
    #: The name its links went out under; null: the installation's own.
    tracking_domain_id: Mapped[UUID | None]
    rfc_message_id: Mapped[str | None]
    in_reply_to: Mapped[str | None]
    references: Mapped[list[Any]] = mapped_column("reference_ids", default=list, server_default=sql("'[]'"))
    provider_message_id: Mapped[str | None]
    #: The vendor's draft of it, committed before it is sent: while that exists, the message did not go.
    draft_id: Mapped[str | None]
    segments: Mapped[int | None]
    is_automatic: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    #: What the form that a person sent it with was called: the same form sends nothing more.
    send_key: Mapped[UUID | None]
    #: The raw item an inbound message was read from.
    delivery_id: Mapped[UUID | None]
    #: When it counts in the thread: planned, then sent (in doubt: attempted) or received.
    occurred_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=sql("now()"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=sql("now()"))


class MessageCopy(OrganizationScoped, Base):
    """Somebody who gets a copy of an e-mail that a person of ours wrote; nobody else sees the blind ones."""

    __tablename__ = "message_copy"
    __table_args__ = (belongs_to("message", "message_id"),)

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_blind: Mapped[bool]
    name: Mapped[str] = mapped_column(default="", server_default="")
    address: Mapped[str]
    #: What suppression is looked up by.
    address_hash: Mapped[bytes]


class Attempt(OrganizationScoped, Base):
    """The window of messages that the holder of a channel's lease is writing to the network just now.

    What a crash left behind is found here, and not among all messages: an index of what is being sent would take in and
    give out every message once more.
    """

    __tablename__ = "attempt"
    __table_args__ = (belongs_to("channel", "channel_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    lease_token: Mapped[UUID] = mapped_column(primary_key=True)
    lease_until: Mapped[datetime]
    message_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))


class Attachment(OrganizationOwned, Base):
    """A file that came or goes with a message, or waits in a draft."""

    __tablename__ = "attachment"
    __table_args__ = (
        belongs_to("message", "message_id"),
        belongs_to("conversation", "conversation_id"),
        belongs_to("media", "media_id"),
        Index(None, "organization_id", "message_id"),
        Index(None, "organization_id", "conversation_id"),
        Index(None, "organization_id", "media_id"),
    )

    message_id: Mapped[UUID | None]
    #: Set while it waits in the conversation's draft of `uploaded_by_id`.
    conversation_id: Mapped[UUID | None]
    uploaded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    file_name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    #: Where its bytes lie; empty when it was too large to be kept.
    file_key: Mapped[str]
    #: Whose bytes they are. Of none, and its own alone, is what came before files were shared.
    media_id: Mapped[UUID | None]
    content_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
