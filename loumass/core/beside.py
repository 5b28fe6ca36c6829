"""A transaction on a connection of its own, under way while whoever sent it does something else.

Its statements are written to the server at once (libpq's pipeline mode) and their answers are collected later. A thread
that waits for them would do the same, and make Python's threads take turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache
from types import TracebackType
from typing import Any, Self, cast
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import TextClause

from loumass.core.database import engine
from loumass.core.tenancy import ENTER

Statement = tuple[TextClause, Mapping[str, Any]]


class Beside:
    """`with Beside(organization_id) as beside`: one connection, one transaction at a time."""

    def __init__(self, organization_id: UUID) -> None:
        self._organization_id = organization_id
        self._under_way: ExitStack | None = None
        self._cursors: list[psycopg.Cursor[Any]] = []

    def __enter__(self) -> Self:
        self._pooled = engine().raw_connection()
        self._connection = cast("psycopg.Connection[Any]", self._pooled.driver_connection)
        self._connection.autocommit = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.land()
            self._connection.autocommit = False
        except psycopg.Error:
            self._pooled.invalidate()
            if problem is None:
                raise
        finally:
            self._pooled.close()

    @property
    def is_under_way(self) -> bool:
        """Whether something was sent that was not landed yet."""
        return self._under_way is not None

    def send(self, *statements: Statement) -> None:
        """Begin a transaction of `statements` and its commit; `land` tells how it ended. Raises psycopg.Error, also for
        the one before."""
        self.land()
        with ExitStack() as pipeline:
            pipeline.enter_context(self._connection.pipeline())
            around = self._connection.cursor()
            around.execute("BEGIN")
            around.execute(_sql(ENTER), {"organization_id": self._organization_id, "user_id": None})
            self._cursors = [self._connection.cursor(row_factory=namedtuple_row) for _ in statements]
            for cursor, (statement, values) in zip(self._cursors, statements, strict=True):
                cursor.execute(_sql(statement), values)
            around.execute("COMMIT")
            self._under_way = pipeline.pop_all()

    def land(self) -> Sequence[Any]:
        """Wait until what was sent is committed; the rows of its last statement. Raises psycopg.Error when it was not
        committed, or nobody knows."""
        under_way, self._under_way = self._under_way, None
        if under_way is None:
            return ()
        try:
            under_way.close()
        except psycopg.Error:
            if not self._connection.broken:
                self._connection.rollback()
            raise
        last = self._cursors[-1]
        return last.fetchall() if last.description else ()


@lru_cache(64)
def _sql(statement: TextClause) -> bytes:
    """As the driver wants it: its own marks for what is bound."""
    return str(statement.compile(dialect=engine().dialect)).encode()
