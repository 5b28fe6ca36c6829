"""The engine, the declarative base and the session at work."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime
from functools import partial
from math import inf
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from pydantic_core import from_json
from sqlalchemy import DateTime, Engine, LargeBinary, MetaData, Text, Uuid, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

OWNER, APP, SYSTEM, BACKUP = "loumass_owner", "loumass_app", "loumass_system", "loumass_backup"
MINIMUM_VERSION = 180000
#: A connection that came back within so many seconds is taken as it is.
UNASKED = 0.5
#: Statements whose SQL a process keeps.
STATEMENTS = 4_000


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


class KeepingConnection(psycopg.Connection[TupleRow]):
    """One that has statements prepared after a rollback as well. psycopg forgets them all with each, since what a transaction
    made may be gone. Ours make rows only, and whatever a page reads ends with a rollback: its statements were parsed and
    planned anew for every visitor, which took more of PostgreSQL than carrying them out.

    After an error they are forgotten as ever: a plan that no longer fits the schema is made anew.
    """

    def _rollback_gen(self) -> PQGen[None]:
        if self._pipeline is None and self.info.transaction_status is TransactionStatus.INTRANS:
            yield from self._exec_command(b"ROLLBACK")
        else:
            yield from super()._rollback_gen()


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
    made = create_engine(
        url,
        connect_args={"options": options, "application_name": f"loumass {role}", **_PATIENCE},
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_recycle=1800,
        # Pages, endpoints and jobs have more statements than the 500 that are kept unasked, and forget each other's.
        query_cache_size=STATEMENTS,
        # Several times quicker than json.loads, and every row with merge values, fields or facts passes here.
        json_deserializer=from_json,
        # An error's text goes to the log; what people wrote and what is sealed does not.
        hide_parameters=True,
    )
    if role != OWNER:
        event.listen(made, "do_connect", _connect_keeping)
    event.listen(made, "checkin", _note_its_return)
    event.listen(made, "checkout", partial(_ask_whether_it_stands, made.dialect))
    return made


def _connect_keeping(
    _dialect: Dialect, _record: ConnectionPoolEntry, arguments: list[Any], named: dict[str, Any]
) -> KeepingConnection:
    return KeepingConnection.connect(*arguments, **named)


def _note_its_return(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["back_at"] = monotonic()


def _ask_whether_it_stands(
    dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _borrowed: object
) -> None:
    """As `pool_pre_ping` does it, which asks each time: a round trip more for every transaction. What was used a moment ago
    stands, or fell as it might have fallen a moment later."""
    if monotonic() - record.info.get("back_at", inf) < UNASKED:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as problem:
        if not dialect.is_disconnect(problem, connection, None):
            raise
        raise InvalidatePoolError from problem


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
