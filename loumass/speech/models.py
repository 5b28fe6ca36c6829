"""An organization's account with a vendor of voices, and the words that were paid for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned, OrganizationScoped, belongs_to


class VoiceAccount(OrganizationOwned, Base):
    """Who speaks for the organization: credentials, the voices on offer, and whether it works."""

    __tablename__ = "voice_account"
    __table_args__ = (
        UniqueConstraint("organization_id", "provider"),
        CheckConstraint("state IN ('active', 'disconnected')", name="state"),
    )

    provider: Mapped[str]
    #: JSON sealed with AAD `voice_account.sealed_credentials|organization|account`.
    sealed_credentials: Mapped[bytes]
    #: `{"id": ..., "name": ...}` each, as the vendor told when it was asked last.
    voices: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    state: Mapped[str] = mapped_column(default="active")
    state_reason: Mapped[str] = mapped_column(default="", server_default="")
    state_changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    #: Asked nothing until then (too fast, or the vendor is busy), and why.
    resting_until: Mapped[datetime | None]
    resting_because: Mapped[str] = mapped_column(default="", server_default="")
    failures_in_a_row: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: When it was tried last, and when it spoke last.
    checked_at: Mapped[datetime | None]
    spoken_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class SpokenText(OrganizationScoped, Base):
    """Words in one voice, model and setting: spoken once, or being spoken by whoever claimed it."""

    __tablename__ = "spoken_text"
    __table_args__ = (belongs_to("media", "media_id"), Index(None, "organization_id", "media_id"))

    #: SHA-256 over provider, voice, model, settings and words.
    key: Mapped[bytes] = mapped_column(primary_key=True)
    media_id: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    characters: Mapped[int]
    #: When somebody wanted it last.
    asked_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
