"""A transaction on a connection of its own, under way while whoever sent it does something else.

Its statements are written to the server at once (libpq's pipeline mode) and their answers are collected later. A thread
that waits for them would do the same, and make Python's threads take turns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any, Self, cast
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import TextClause, text

from loumass.core.database import engine
from loumass.core.tenancy import ENTER

_BEGIN, _COMMIT = text("BEGIN"), text("COMMIT")
Statement = tuple[TextClause, Mapping[str, Any]]


class NotCommitted(Exception):
    """PostgreSQL refused a statement: nothing of its transaction was done."""


class Beside:
    """`with Beside(organization_id) as beside`: one connection, one transaction at a time."""

    def __init__(self, organization_id: UUID) -> None:
        self._organization_id = organization_id
        self._under_way: ExitStack | None = None
        self._last: psycopg.Cursor[Any] | None = None
        self._problem: Exception | None = None

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
        except (psycopg.Error, NotCommitted):
            self._pooled.invalidate()
            if problem is None:
                raise
        finally:
            self._pooled.close()

    def send(self, *statements: Statement) -> None:
        """Begin a transaction of `statements` and its commit; `land` tells how it ended. Raises what `land` does, also for
        the one before."""
        self.land()
        try:
            with ExitStack() as pipeline:
                pipeline.enter_context(self._connection.pipeline())
                self._execute(_BEGIN, {})
                self._execute(ENTER, {"organization_id": self._organization_id, "user_id": None})
                for statement, values in statements:
                    self._last = self._execute(statement, values)
                self._execute(_COMMIT, {})
                self._under_way = pipeline.pop_all()
        except psycopg.Error as problem:
            raise self._told(problem) from problem

    def wait(self) -> None:
        """Until what was sent has ended, well or not: it holds no locks any more. `land` tells how."""
        under_way, self._under_way = self._under_way, None
        if under_way is None:
            return
        try:
            under_way.close()
        except psycopg.Error as problem:
            self._problem = self._told(problem)

    def land(self) -> Sequence[Any]:
        """Wait until what was sent is committed; the rows of its last statement. Raises NotCommitted, or psycopg.Error when
        the connection was lost: then nobody knows."""
        self.wait()
        last, problem = self._last, self._problem
        self._last = self._problem = None
        if problem is not None:
            raise problem
        return last.fetchall() if last and last.description else ()

    def _told(self, problem: psycopg.Error) -> Exception:
        """What `problem` means. Raises psycopg.Error when the connection turns out to be lost."""
        if self._connection.broken:
            return problem
        self._connection.rollback()
        return NotCommitted(repr(problem))

    def _execute(self, statement: TextClause, values: Mapping[str, Any]) -> psycopg.Cursor[Any]:
        cursor = psycopg.RawCursor(self._connection, row_factory=namedtuple_row)
        numbered = _numbered(statement)
        return cursor.execute(numbered.sql, numbered.of(values), binary=True)


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A statement as PostgreSQL's wire has it: `names` stand for `$1` and so on. The driver would look through all of a long
    one for its own marks each time."""

    sql: bytes
    names: tuple[str, ...]

    def of(self, values: Mapping[str, Any]) -> list[Any]:
        """What is bound, in order."""
        return [values[name] for name in self.names]


_MARK = re.compile(r"%\((\w+)\)s|%%")


@lru_cache(64)
def _numbered(statement: TextClause) -> _Numbered:
    names: dict[str, int] = {}

    def number(mark: re.Match[str]) -> str:
        return f"${names.setdefault(mark[1], len(names) + 1)}" if mark[1] else "%"

    sql = _MARK.sub(number, str(statement.compile(dialect=engine().dialect)))
    return _Numbered(sql.encode(), tuple(names))
