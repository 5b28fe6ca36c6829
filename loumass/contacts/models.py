"""People we may write to, what we know of them, and the proof that we may."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to, organization_of_parents

MEDIA = ("email", "sms", "voicemail")
SUPPRESSION_REASONS = ("unsubscribed", "bounced", "complained", "by_hand", "imported", "erased")
_LIVE = "archived_at IS NULL"


def _prefix_key(expression: str) -> Any:
    """A generated lower-case column in C collation: a prefix search on it is a range (leakproof under policies)."""
    return mapped_column(Text(collation="C"), Computed(f"lower({expression})", persisted=True))


class Contact(OrganizationOwned, Base):
    """A person. Has an e-mail or a phone; `archived_at` is what a deletion sets."""

    __tablename__ = "contact"
    __table_args__ = (
        belongs_to("contact", "merged_into_id"),
        Index(
            "uq_contact_email_key",
            "organization_id",
            "email_key",
            unique=True,
            postgresql_where=text(f"email_key IS NOT NULL AND {_LIVE}"),
        ),
        Index(
            "uq_contact_external_id",
            "organization_id",
            "external_id",
            unique=True,
            postgresql_where=text(f"external_id IS NOT NULL AND {_LIVE}"),
        ),
        Index(None, "organization_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
        Index(None, "organization_id", "phone"),
        Index(None, "organization_id", "phone_last_ten"),
        Index(None, "organization_id", "email_hash"),
        Index(None, "organization_id", "phone_hash"),
        Index(None, "organization_id", "archived_at", postgresql_where=text("archived_at IS NOT NULL")),
        Index(None, "organization_id", "name_key", "id", postgresql_where=text(_LIVE)),
        Index(None, "organization_id", "last_name_key", postgresql_where=text(_LIVE)),
        Index(None, "organization_id", "company_key", postgresql_where=text(_LIVE)),
        Index(None, "organization_id", "owner_id", postgresql_where=text("owner_id IS NOT NULL")),
        CheckConstraint(
            "email IS NOT NULL OR phone IS NOT NULL OR archived_at IS NOT NULL", name="reachable"
        ),
    )

    external_id: Mapped[str | None]
    email: Mapped[str | None]
    #: Normalised (lower case, IDNA domain); what addresses are compared by.
    email_key: Mapped[str | None] = mapped_column(Text(collation="C"))
    #: Keyed hashes of the normalised addresses: what suppression is looked up by.
    email_hash: Mapped[bytes | None]
    phone: Mapped[str | None]
    phone_hash: Mapped[bytes | None]
    phone_last_ten: Mapped[str | None] = mapped_column(
        Text(collation="C"), Computed("right(regexp_replace(phone, '[^0-9]', '', 'g'), 10)", persisted=True)
    )
    first_name: Mapped[str] = mapped_column(default="", server_default="")
    last_name: Mapped[str] = mapped_column(default="", server_default="")
    company: Mapped[str] = mapped_column(default="", server_default="")
    title: Mapped[str] = mapped_column(default="", server_default="")
    city: Mapped[str] = mapped_column(default="", server_default="")
    state: Mapped[str] = mapped_column(default="", server_default="")
    country: Mapped[str] = mapped_column(default="", server_default="")
    #: IANA name; null means: take the organization's.
    timezone: Mapped[str | None]
    #: Where it is known from: `given`, or `phone` (the area of the number).
    timezone_source: Mapped[str | None]
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    source: Mapped[str] = mapped_column(default="", server_default="")
    name_key: Mapped[str] = _prefix_key("first_name || ' ' || last_name")
    last_name_key: Mapped[str] = _prefix_key("last_name")
    company_key: Mapped[str] = _prefix_key("company")
    merged_into_id: Mapped[UUID | None]
    last_inbound_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    archived_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """The full name; empty when unknown."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def label(self) -> str:
        """What to call them on a page."""
        return self.name or self.email or self.phone or "Erased person"


class ContactField(OrganizationOwned, Base):
    """A custom column that the organization keeps in `contact.fields[key]`."""

    __tablename__ = "contact_field"
    __table_args__ = (Index("uq_contact_field_key", "organization_id", "key", unique=True),)

    key: Mapped[str]
    label: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class Tag(OrganizationOwned, Base):
    """A word that people are sorted by."""

    __tablename__ = "tag"
    __table_args__ = (Index("uq_tag_name_key", "organization_id", "name_key", unique=True),)

    name: Mapped[str]
    name_key: Mapped[str] = _prefix_key("name")
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class ContactTag(OrganizationScoped, Base):
    """A contact carries a tag."""

    __tablename__ = "contact_tag"
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        belongs_to("tag", "tag_id"),
        Index(None, "organization_id", "tag_id", "contact_id"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    tag_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class Suppression(OrganizationOwned, Base):
    """An address that must not be used on a medium. `address` is null after an erasure; the hash stays."""

    __tablename__ = "suppression"
    __table_args__ = (
        Index("uq_suppression_address", "organization_id", "medium", "address_hash", unique=True),
        Index(None, "organization_id", "created_at", "id"),
        # Few end by themselves: whether any does is asked for every window that is sent.
        Index(None, "organization_id", "until_at", postgresql_where=text("until_at IS NOT NULL")),
        CheckConstraint(f"medium IN {MEDIA}", name="medium"),
        CheckConstraint(f"reason IN {SUPPRESSION_REASONS}", name="reason"),
    )

    medium: Mapped[str]
    address_hash: Mapped[bytes]
    address: Mapped[str | None]
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(default="", server_default="")
    #: It lifts itself then: a pause that the person asked for, or a mailbox that was full too often. Null: for good.
    until_at: Mapped[datetime | None]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class Topic(OrganizationOwned, Base):
    """Something that an organization writes about; people may want one and not another."""

    __tablename__ = "topic"
    __table_args__ = (Index("uq_topic_name_key", "organization_id", "name_key", unique=True),)

    name: Mapped[str]
    name_key: Mapped[str] = _prefix_key("name")
    #: What people read on their page of wishes.
    description: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    archived_at: Mapped[datetime | None]


class TopicRefusal(OrganizationScoped, Base):
    """An address does not want a topic. Looked up by its hash, as suppression is."""

    __tablename__ = "topic_refusal"
    __table_args__ = (belongs_to("topic", "topic_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    topic_id: Mapped[UUID] = mapped_column(primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    refused_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class Consent(OrganizationOwned, Base):
    """One line of the ledger that proves we may write, or that consent was withdrawn. Append-only."""

    __tablename__ = "consent"
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        # With the id, the latest line is the first one of the index: asked for every message, sorting costs most.
        Index(None, "organization_id", "contact_id", "medium", "recorded_at", "id"),
        CheckConstraint(f"medium IN {MEDIA}", name="medium"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    contact_id: Mapped[UUID]
    medium: Mapped[str]
    is_granted: Mapped[bool]
    #: Empty, or what the consent is limited to (`synthetic_voice`).
    technique: Mapped[str] = mapped_column(default="", server_default="")
    #: Where it came from: a file name, a page, a person's words.
    source: Mapped[str] = mapped_column(default="", server_default="")
    #: What the person was shown or said, word for word.
    wording: Mapped[str] = mapped_column(default="", server_default="")
    #: What proves it: a page, a message's id, a file's name and line, the hash of the address. Never the address.
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    recorded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))


class ContactImport(OrganizationOwned, Base):
    """An uploaded file of people on its way in. `next_line` commits with the rows before it."""

    __tablename__ = "contact_import"
    __table_args__ = (
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("state IN ('uploaded', 'running', 'done', 'cancelled', 'failed')", name="state"),
    )

    file_key: Mapped[str]
    file_name: Mapped[str]
    file_size: Mapped[int]
    file_sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default="uploaded")
    #: Dialect (encoding, delimiter, quote, header), mapping, choices for known people, tags, source.
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    row_count: Mapped[int | None]
    next_line: Mapped[int] = mapped_column(default=0)
    #: Where to go on reading; what it means belongs to the reader.
    position: Mapped[dict[str, Any]] = mapped_column(default=dict)
    rows_read: Mapped[int] = mapped_column(default=0)
    created_count: Mapped[int] = mapped_column(default=0)
    updated_count: Mapped[int] = mapped_column(default=0)
    skipped_count: Mapped[int] = mapped_column(default=0)
    refused_count: Mapped[int] = mapped_column(default=0)
    suppressed_count: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ImportedContact(OrganizationScoped, Base):
    """Which line of which file a contact came from (first line that named them)."""

    __tablename__ = "imported_contact"
    __table_args__ = (
        belongs_to("contact_import", "import_id"),
        belongs_to("contact", "contact_id", is_enforced=False),
        Index(None, "organization_id", "contact_id"),
    )

    organization_id: Mapped[UUID] = organization_of_parents()
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int]
    #: Whether the list brought the person, rather than found them.
    is_new: Mapped[bool] = mapped_column(server_default=text("true"))


class ImportRefusal(OrganizationScoped, Base):
    """A row that did not go in, and why."""

    __tablename__ = "import_refusal"
    __table_args__ = (belongs_to("contact_import", "import_id"),)

    organization_id: Mapped[UUID] = organization_of_parents()
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    #: Groups refusals; see `contacts.refusals.CODES`.
    code: Mapped[str] = mapped_column(default="", server_default="")
    column: Mapped[str] = mapped_column("column_name", default="")
    value: Mapped[str] = mapped_column(default="")
    reason: Mapped[str]
    cells: Mapped[list[Any]] = mapped_column(default=list)
