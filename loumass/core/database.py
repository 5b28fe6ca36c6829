"""The engine, the declarative base and the session at work."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import DateTime, Engine, LargeBinary, MetaData, Text, Uuid, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session

OWNER, APP, SYSTEM, BACKUP = "loumass_owner", "loumass_app", "loumass_system", "loumass_backup"
MINIMUM_VERSION = 180000


class Base(DeclarativeBase):
    """Every table. Names of keys follow one convention so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  declared by SQLAlchemy as an instance mapping
        datetime: DateTime(timezone=True),
        str: Text(),
        bytes: LargeBinary(),
        UUID: Uuid(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


#: How libpq finds out that a server has gone without a word; milliseconds and seconds.
_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "tcp_user_timeout": 30_000,
}

_engine: Engine | None = None
session_at_work: ContextVar[Session | None] = ContextVar("session_at_work", default=None)


def connect(url: str, *, role: str = APP, pool_size: int = 10) -> Engine:
    """An engine whose connections act as `role`, in UTC, with bounded lock waits."""
    options = f"-c role={role} -c timezone=UTC -c lock_timeout=30s"
    return create_engine(
        url,
        connect_args={"options": options, "application_name": f"loumass {role}", **_PATIENCE},
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_recycle=1800,
        # Several times quicker than json.loads, and every row with merge values, fields or facts passes here.
        json_deserializer=from_json,
        # An error's text goes to the log; what people wrote and what is sealed does not.
        hide_parameters=True,
    )


def use(engine: Engine) -> None:
    """Take `engine` for this process."""
    global _engine  # noqa: PLW0603  one process, one pool
    _engine = engine


def engine() -> Engine:
    """The engine in use. Raises RuntimeError before `use`."""
    if _engine is None:
        raise RuntimeError("core.database.use(engine) was not called")
    return _engine


def db() -> Session:
    """The session at work. Raises RuntimeError outside `acting_for` and `globally`."""
    session = session_at_work.get()
    if session is None:
        raise RuntimeError("No session is open: enter acting_for(organization_id) or globally() first.")
    return session


def set_for_transaction(*statements: str) -> None:
    """Carry out `statements` that answer nothing (settings, savepoints) in one round trip. They come from code, never from a
    person: nothing is bound."""
    db().connection().exec_driver_sql("; ".join(statements), execution_options={"no_parameters": True})
