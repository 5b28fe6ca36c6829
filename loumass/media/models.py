"""What an organization keeps: one row for the same bytes, whoever brought them and how often."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned


class Media(OrganizationOwned, Base):
    """Bytes in storage, what they really are, and how long they sound."""

    __tablename__ = "media"
    __table_args__ = (
        UniqueConstraint("organization_id", "sha256"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
    )

    sha256: Mapped[bytes]
    size: Mapped[int]
    #: Told by the bytes themselves, never by a name or a browser.
    content_type: Mapped[str]
    #: Of a recording.
    seconds: Mapped[float | None]
    file_key: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    #: When somebody brought these bytes last: what nothing uses is taken away some time after that.
    kept_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
