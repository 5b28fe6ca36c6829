"""Tables of the foundation itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from loumass.core.database import Base


class PeriodicRun(Base):
    """When a periodic job last ran; the row `tick` is the clock's own pulse. Global."""

    __tablename__ = "periodic_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]
