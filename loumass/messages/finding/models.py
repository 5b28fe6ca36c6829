"""The words of messages that people wrote, and how far those of before are noted."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core.database import Base
from loumass.core.tenancy import OrganizationScoped, belongs_to


class MessageWords(OrganizationScoped, Base):
    """Everything of a message that can be searched for. Only `find_messages` reads it."""

    __tablename__ = "message_words"
    __table_args__ = (
        belongs_to("message", "message_id"),
        Index(
            "ix_message_words_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}
        ),
        Index("ix_message_words_newest", "organization_id", "occurred_at", "message_id"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: As its message had it when its words were noted.
    occurred_at: Mapped[datetime]
    words: Mapped[Any] = mapped_column(TSVECTOR)


class WordsMark(OrganizationScoped, Base):
    """Messages from before there was a search get their words from the newest to the oldest; so far it came."""

    __tablename__ = "words_mark"

    before_id: Mapped[UUID | None]
    done_at: Mapped[datetime | None]
