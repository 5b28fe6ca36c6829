"""What messages say. A content has versions; a version never changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to


class Content(OrganizationOwned, Base):
    """A named text for a medium. Clones (a campaign's own copies) name their graph and origin."""

    __tablename__ = "content"
    __table_args__ = (
        belongs_to("content", "origin_id"),
        Index(None, "organization_id", "created_at", "id"),
        Index(None, "organization_id", "graph_id"),
        CheckConstraint("medium IN ('email', 'sms', 'voicemail')", name="medium"),
    )

    name: Mapped[str]
    medium: Mapped[str]
    #: Set for the private copy of one graph; null for the library that everybody picks from.
    graph_id: Mapped[UUID | None]
    origin_id: Mapped[UUID | None]
    #: The newest version's number.
    version_number: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    archived_at: Mapped[datetime | None]


class ContentVersion(OrganizationOwned, Base):
    """Immutable: the application may insert and read, never change."""

    __tablename__ = "content_version"
    __table_args__ = (
        belongs_to("content", "content_id"),
        belongs_to("media", "recording_id"),
        UniqueConstraint("organization_id", "content_id", "number"),
        Index(None, "organization_id", "recording_id", postgresql_where=text("recording_id IS NOT NULL")),
    )

    content_id: Mapped[UUID]
    number: Mapped[int]
    subject: Mapped[str] = mapped_column(default="")
    preheader: Mapped[str] = mapped_column(default="")
    html: Mapped[str] = mapped_column(default="")
    #: The text part of an e-mail (made from the HTML when empty), the whole text message, or what a voice speaks.
    text: Mapped[str] = mapped_column(default="")
    #: A voicemail is a recording (its file, what its owner calls it, how long it sounds) or `text` in this voice.
    recording_id: Mapped[UUID | None]
    recording_name: Mapped[str] = mapped_column(default="", server_default="")
    recording_seconds: Mapped[float | None]
    voice: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: What `html` and `text` were made from (blocks/document.py); null for words written by hand.
    blocks: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: Text alone, and meant so: no HTML part and no picture.
    is_plain: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class ContentPicture(OrganizationScoped, Base):
    """A picture that a content version or unsaved words show: it stays while they do."""

    __tablename__ = "content_picture"
    __table_args__ = (
        belongs_to("media", "media_id"),
        Index(None, "organization_id", "media_id"),
    )

    #: The content version, or the place of unsaved words.
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    media_id: Mapped[UUID] = mapped_column(primary_key=True)


class UnsavedWords(OrganizationScoped, Base):
    """What somebody has typed and not saved: one for each place, kept while they type. Nobody is sent it."""

    __tablename__ = "unsaved_words"
    __table_args__ = (CheckConstraint("medium IN ('email', 'sms', 'voicemail')", name="medium"),)

    #: A content of the library, a step, or a place of its own for what is new.
    place_id: Mapped[UUID] = mapped_column(primary_key=True)
    medium: Mapped[str]
    #: The fields of the form, by name.
    words: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: Raised by each change, so that two people who type at once notice each other.
    revision: Mapped[int] = mapped_column(default=1)
    written_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime] = mapped_column(default=clock.now)


class LinkCheck(OrganizationScoped, Base):
    """Whether one link of some words answered, when somebody asked last."""

    __tablename__ = "link_check"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'fine', 'odd', 'broken')", name="state"),)

    place_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: In the order of the text.
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    href: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    #: What was found, in a sentence.
    sentence: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)


class ContentLink(OrganizationScoped, Base):
    """A link that is followed through us, as its author wrote it, merge tags and all. Immutable, so that a link in a mail
    leads where it led on the day it was sent."""

    __tablename__ = "content_link"
    __table_args__ = (UniqueConstraint("organization_id", "source_id", "number"),)

    #: What tokens carry.
    ref: Mapped[int] = mapped_column(BigInteger, Identity(start=1), primary_key=True)
    #: The content version that says it, or the message that a person wrote.
    source_id: Mapped[UUID]
    number: Mapped[int]
    href: Mapped[str]
