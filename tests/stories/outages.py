"""An installation whose PostgreSQL, Redis and folder are its own: each may be stopped, frozen and brought back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from redis import Redis

from loumass import embedded
from loumass.core import migrating
from tests.conftest import KEY
from tests.stories.browsing import Browser
from tests.stories.processes import HttpCarrier, Processes, free_port
from tests.waiting import until

#: Enough to let a list in: nobody is written to here.
PROCESSES = ("web", "bulk", "clock")


class Servers:
    """PostgreSQL and Redis in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = embedded.postgres(folder / "postgres", throwaway=True)
        self.redis = embedded.redis(folder / "redis", throwaway=True)
        migrating.prepare_roles(self.postgres.url)
        migrating.migrate(self.postgres.url)

    @contextmanager
    def without_postgres(self) -> Iterator[None]:
        """It has ended: connections are cut and new ones refused."""
        self.postgres.close()
        try:
            yield
        finally:
            self.postgres = embedded.postgres(self.folder / "postgres", throwaway=True)

    @contextmanager
    def without_redis(self) -> Iterator[None]:
        """It has ended, and comes back empty."""
        self.redis.close()
        try:
            yield
        finally:
            self.redis = embedded.redis(self.folder / "redis", throwaway=True)

    @contextmanager
    def frozen_redis(self) -> Iterator[None]:
        """It takes connections and questions and answers none."""
        with Redis.from_url(self.redis.url) as asked:
            told: dict[str, Any] = asked.info("server")  # pyright: ignore[reportAssignmentType]  this client answers at once
        os.kill(told["process_id"], signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(told["process_id"], signal.SIGCONT)

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Nobody else comes at `table`."""
        with psycopg.connect(self.postgres.url) as connection:
            connection.execute(
                sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table))
            )
            yield

    def somebody_waits_for_a_lock(self) -> bool:
        """Whether a statement does not go on, since another one holds what it asks for."""
        with psycopg.connect(self.postgres.url) as connection:
            return connection.execute("SELECT FROM pg_locks WHERE NOT granted").fetchone() is not None

    def close(self) -> None:
        """Stop both."""
        self.redis.close()
        self.postgres.close()


class House:
    """Web, one worker and the clock, and somebody who brings lists."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.servers, self.files, self.port = servers, folder / "files", free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes = Processes(self._environment(), folder)
        self.carrier = HttpCarrier(self.url)
        self.browser = Browser(self.carrier)

    def _environment(self) -> dict[str, str]:
        return {
            "ENVIRONMENT": "test", "DATABASE_URL": self.servers.postgres.url, "REDIS_URL": self.servers.redis.url,
            "PORT": str(self.port), "PUBLIC_URL": self.url, "SECRET_KEY": "a house of outages signs with this",
            "SEALING_KEYS": f"test:{KEY}", "HASH_KEY": KEY, "STORAGE_URL": f"file://{self.files}", "LOG_LEVEL": "info",
        }  # fmt: skip

    def opens(self) -> None:
        """Start the processes; somebody signs up."""
        self.processes.start(*PROCESSES)
        until(self.is_well, "the installation answers")
        page = self.browser.get("/sign-up")
        page.send(
            name="Rosa Marin", organization="Summit Events", email="rosa@summit.example", password="snow on every summit"
        )  # fmt: skip

    def health(self) -> dict[str, Any]:
        """What `/health` says."""
        return self.carrier.client.get("/health").json()

    def is_well(self) -> bool:
        """Whether `/health` says so, and no process has ended."""
        return self.processes.answers(self.port)

    def starts_a_list(self, name: str) -> str:
        """The address of a list of one person on its way in."""
        file = (f"{name}.csv", f"First name,Email\n{name},{name}@list.example\n".encode(), "text/csv")
        page = self.browser.get("/imports/new").form("/imports").send(files={"file": [file]})
        form = page.form("/start")
        return form.send(button=next(one for one in form.buttons() if one.startswith("Import"))).url

    def goes_in(self, address: str) -> None:
        """The list at `address` comes to its end by itself."""
        try:
            until(lambda: "1 of 1 row went in" in self.browser.get(address).text, "the list goes in")
        except AssertionError as problem:
            problem.add_note(self.said())
            raise

    def said(self) -> str:
        """The last words of each process."""
        return "\n".join(f"{name}: {self.processes.said(name)[-800:]}" for name in self.processes.running)
