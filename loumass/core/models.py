"""Tables of the foundation itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loumass.core import clock
from loumass.core.database import Base
from loumass.core.tenancy import OrganizationOwned


class PeriodicRun(Base):
    """When a periodic job last ran; the row `tick` is the clock's own pulse. Global."""

    __tablename__ = "periodic_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]


class ApiAnswer(OrganizationOwned, Base):
    """What was answered to a request that came with an Idempotency-Key; committed with what the request did."""

    __tablename__ = "api_answer"
    __table_args__ = (
        UniqueConstraint("organization_id", "caller_id", "key"),
        Index(None, "organization_id", "answered_at"),
    )

    #: The token that asked, else the person.
    caller_id: Mapped[UUID]
    key: Mapped[str]
    #: SHA-256 of the request: another one with the same key is refused.
    asked: Mapped[bytes]
    status: Mapped[int]
    #: It may hold a secret that is shown once. Empty once somebody was erased.
    sealed_answer: Mapped[bytes]
    answered_at: Mapped[datetime] = mapped_column(default=clock.now)
