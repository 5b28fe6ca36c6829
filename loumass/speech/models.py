"""An organization's account with a vendor of voices, and the words that were paid for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationScoped, belongs_to
from loumass.vendors.models import OwnAccount


class VoiceAccount(OwnAccount):
    """Who speaks for the organization, and the voices on offer."""

    __tablename__ = "voice_account"

    #: `{"id": ..., "name": ...}` each, as the vendor told when it was asked last.
    voices: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    state_changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    #: Why it rests.
    resting_because: Mapped[str] = mapped_column(default="", server_default="")
    #: When it spoke last.
    spoken_at: Mapped[datetime | None]


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
