"""Hits are durable before they are answered: one writer in each process commits together what came meanwhile.

It works beside Flask's sessions, on a connection of its own and with one statement (`keep_hits`), which writes each
organization's hits under that organization's policies. Where the database is away, nobody is kept from where they want
to go: what could not be kept is counted and logged.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import SQLAlchemyError

from loumass.core import clock, jobs, metrics
from loumass.core.agenda import Wake
from loumass.core.arrays import boolean_array, integer_array, uuid_array
from loumass.core.database import engine
from loumass.core.tenancy import acting_for
from loumass.messages.hit_models import PIXEL

#: Seconds that somebody is kept waiting for the database, and that it is left alone after it failed.
PATIENCE, REST = 2.0, 1.0
#: So many are written together at most, and so many wait at most: what comes beyond is not kept.
TOGETHER, MOST_WAITING = 1_000, 10_000
#: A connection that was idle for so many seconds is looked at before it is used.
_IDLE = 10.0
#: When hits are classed after they came (their neighbours tell what they are), and how often that is asked for.
SETTLED, _ASKS_EVERY = timedelta(seconds=20), timedelta(seconds=10)
#: A hit that waited longer counts as of so long ago, and its statement may take ten seconds.
_LATEST, _TIMEOUT = timedelta(seconds=5), "SET statement_timeout = '10s'"
CLASSING = "messages.class_hits"
log = structlog.get_logger("hits")

_KEEP = (
    "SELECT nth, href, merge_values FROM keep_hits(%s::uuid[], %s::uuid[], %s::bigint[], %s::timestamptz[], "
    "%s::boolean[], %s::boolean[], %s::bytea[], %s::text[], %s::text[], %s::boolean[])"
)
_NUMBERS = "SELECT number, id FROM organization WHERE number = ANY(%s)"


@dataclass(frozen=True, slots=True)
class NewHit:
    """What came. With `is_asked` the writer also finds where the link leads."""

    organization_number: int
    message_id: UUID
    link: int
    happened_at: datetime
    is_head: bool
    is_prefetch: bool
    ip_hash: bytes
    network: str
    agent: str
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """A link as its author wrote it, and the values that its message was sent with."""

    href: str
    values: Mapping[str, str | None]


@dataclass(slots=True)
class _Batch:
    hits: list[NewHit] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    found: dict[int, Address] = field(default_factory=dict)
    is_kept: bool = False


class Keeper:
    """The one writer of a process. It begins with the first hit: a process that forks takes none along."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._wake = threading.Event()
        self._open = _Batch()
        self._waiting = self._process = 0
        self._rests_until = 0.0
        self._connection = _Connection()
        self._organizations: dict[int, UUID] = {}
        self._asked: dict[UUID, datetime] = {}

    def keep(self, hit: NewHit) -> tuple[bool, Address | None]:
        """Whether `hit` is durable now, and where its link leads if that was asked."""
        with self._turn:
            if self._process != os.getpid():
                self._begin()
            if self._waiting >= MOST_WAITING or time.monotonic() < self._rests_until:
                _count([hit], "lost")
                return False, None
            batch, self._waiting = self._open, self._waiting + 1
            batch.hits.append(hit)
            place = len(batch.hits)
            if place >= TOGETHER:
                self._open = _Batch()
                self._full.append(batch)
        self._wake.set()
        batch.done.wait(PATIENCE)
        return batch.is_kept, batch.found.get(place)

    def forget(self) -> None:
        """Ask anew which organization has which number, and whether the database is there."""
        self._rests_until = 0.0
        self._organizations.clear()
        self._asked.clear()

    def _begin(self) -> None:
        self._process, self._open, self._waiting = os.getpid(), _Batch(), 0
        self._full: list[_Batch] = []
        self._wake, self._connection = threading.Event(), _Connection()
        threading.Thread(target=self._work, name="hits", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while batch := self._next():
                try:
                    self._write(batch)
                except Exception:  # whatever is wrong with one batch, the next one is written
                    log.exception("hits.broken", hits=len(batch.hits))
                    _count(batch.hits, "lost")
                with self._turn:
                    self._waiting -= len(batch.hits)
                batch.done.set()

    def _next(self) -> _Batch | None:
        with self._turn:
            if self._full:
                return self._full.pop(0)
            if not self._open.hits:
                return None
            batch, self._open = self._open, _Batch()
            return batch

    def _write(self, batch: _Batch) -> None:
        try:
            batch.found = self._kept(batch.hits)
            batch.is_kept = True
        except (psycopg.Error, SQLAlchemyError, OSError) as problem:
            self._connection.drop()
            self._rests_until = time.monotonic() + REST
            log.error("hits.not_kept", hits=len(batch.hits), problem=type(problem).__name__)
            _count(batch.hits, "lost")
            return
        _count(batch.hits, "kept")
        self._ask_for_classing(batch.hits)

    def _kept(self, hits: Sequence[NewHit]) -> dict[int, Address]:
        connection = self._connection.ready()
        self._learn(connection, {hit.organization_number for hit in hits} - self._organizations.keys())
        rows = connection.execute(_KEEP, self._bound(hits), prepare=True).fetchall()
        return {
            nth: Address(
                href, {name: None if value is None else str(value) for name, value in (values or {}).items()}
            )
            for nth, href, values in rows
        }

    def _learn(self, connection: psycopg.Connection[Any], numbers: set[int]) -> None:
        if numbers:
            self._organizations.update(connection.execute(_NUMBERS, [list(numbers)]).fetchall())

    def _bound(self, hits: Sequence[NewHit]) -> list[Any]:
        earliest = clock.now() - _LATEST
        return [
            uuid_array(self._organizations.get(hit.organization_number) for hit in hits),
            uuid_array(hit.message_id for hit in hits),
            integer_array(hit.link for hit in hits),
            "{" + ",".join([f'"{max(hit.happened_at, earliest).isoformat()}"' for hit in hits]) + "}",
            boolean_array(hit.is_head for hit in hits),
            boolean_array(hit.is_prefetch for hit in hits),
            "{" + ",".join([f'"\\\\x{hit.ip_hash.hex()}"' for hit in hits]) + "}",
            [hit.network for hit in hits],
            [hit.agent for hit in hits],
            boolean_array(hit.is_asked for hit in hits),
        ]

    def _ask_for_classing(self, hits: Sequence[NewHit]) -> None:
        """Where that fails, the sweep of the agenda finds what was not classed."""
        now = clock.now()
        known = {self._organizations.get(hit.organization_number) for hit in hits}
        for organization_id in known:
            if organization_id is None or now < self._asked.get(organization_id, now):
                continue
            self._asked[organization_id] = now + _ASKS_EVERY
            try:
                with acting_for(organization_id) as session:
                    jobs.wake_all([Wake(CLASSING, (), clock.now() + SETTLED)])
                    session.commit()
            except SQLAlchemyError as problem:
                log.warning("hits.not_announced", problem=type(problem).__name__)


class _Connection:
    """One connection of the application's role, outside of transactions: each statement commits by itself."""

    def __init__(self) -> None:
        self._pooled: PoolProxiedConnection | None = None
        self._engine: Engine | None = None
        self._used = 0.0

    def ready(self) -> psycopg.Connection[Any]:
        """A connection that works. Raises psycopg.Error, SQLAlchemyError."""
        if self._pooled is not None and self._engine is not engine():
            self.drop()
        if self._pooled is not None and time.monotonic() - self._used > _IDLE:
            self._look()
        connection = self._driver() if self._pooled is not None else self._opened()
        self._used = time.monotonic()
        return connection

    def _opened(self) -> psycopg.Connection[Any]:
        self._engine = engine()
        self._pooled = self._engine.raw_connection()
        self._pooled.detach()
        connection = self._driver()
        connection.autocommit = True
        # What is committed later than SETTLED after it came would not be classed by itself.
        connection.execute(_TIMEOUT)
        return connection

    def _driver(self) -> psycopg.Connection[Any]:
        assert self._pooled is not None  # noqa: S101  its callers looked
        return cast("psycopg.Connection[Any]", self._pooled.dbapi_connection)

    def _look(self) -> None:
        """The server may have been started anew meanwhile."""
        try:
            self._driver().execute("SELECT 1")
        except psycopg.Error:
            self.drop()

    def drop(self) -> None:
        """Make a new one next time."""
        pooled, self._pooled = self._pooled, None
        if pooled is not None:
            pooled.close()


def _count(hits: Sequence[NewHit], outcome: str) -> None:
    opens = sum(hit.link == PIXEL for hit in hits)
    for kind, count in (("open", opens), ("click", len(hits) - opens)):
        if count:
            metrics.HITS.labels(kind, outcome).inc(count)
