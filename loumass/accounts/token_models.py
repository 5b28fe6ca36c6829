"""What programs show instead of signing in by a page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned

KINDS = ("token", "sign_in")


class ApiToken(OrganizationOwned, Base):
    """A program acts for a person: by a token that somebody made (`token`), or because they signed in by the API
    (`sign_in`: known by its id in what they were given). Never more than the person may."""

    __tablename__ = "api_token"
    __table_args__ = (
        Index(
            "uq_api_token_token_hash",
            "organization_id",
            "token_hash",
            unique=True,
            postgresql_where=text("token_hash IS NOT NULL"),
        ),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("(kind = 'token') = (token_hash IS NOT NULL)", name="hash"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    name: Mapped[str]
    #: SHA-256; the token itself is shown once and kept nowhere.
    token_hash: Mapped[bytes | None]
    #: Its last letters, to tell it from others.
    ending: Mapped[str] = mapped_column(default="", server_default="")
    #: Permissions; null for all that the person has.
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))
    expires_at: Mapped[datetime | None]
    #: Written at most once a minute.
    last_used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]

    def is_good(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.ended_at is None and (self.expires_at is None or self.expires_at > now)
