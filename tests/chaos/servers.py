"""PostgreSQL and Redis that nobody else uses: they may be stopped, killed and emptied."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from loumass import embedded
from loumass.core import migrating
from loumass.embedded.sharing import is_guarded
from tests.waiting import until


class Servers:
    """Both servers of one installation, its schema laid out. Commits wait for the disk, as in production."""

    def __init__(self, folder: Path) -> None:
        self.postgres_folder, self.redis_folder = folder / "postgres", folder / "redis"
        self.in_use = [embedded.postgres(self.postgres_folder, throwaway=False)]
        self.database_url = self.in_use[0].url
        self.in_use.append(embedded.redis(self.redis_folder, throwaway=True))
        self.redis_url = self.in_use[1].url
        self.redis = Redis.from_url(self.redis_url)
        migrating.prepare_roles(self.database_url)
        migrating.migrate(self.database_url)

    def stop(self) -> None:
        """Give both up."""
        self.redis.close()
        for server in self.in_use:
            server.close()

    def restart_postgres(self, how: signal.Signals) -> None:
        """SIGINT cuts every connection and writes everything down; SIGQUIT just ends, and what was committed is read
        from the log afterwards (PostgreSQL manual, "Shutting Down the Server")."""
        pid = int((self.postgres_folder / "pgdata" / "postmaster.pid").read_text().split()[0])
        self._ends(pid, how)
        self._comes_back(
            self.postgres_folder, self._database_answers, lambda: embedded.postgres(self.postgres_folder, throwaway=False)
        )  # fmt: skip

    def kill_redis(self) -> None:
        """kill -9; it comes back empty."""
        info: dict[str, int] = self.redis.info("server")  # pyright: ignore[reportAssignmentType]  this client answers at once
        self._ends(info["process_id"], signal.SIGKILL)
        self._comes_back(
            self.redis_folder, self._redis_answers, lambda: embedded.redis(self.redis_folder, throwaway=True)
        )  # fmt: skip

    def _ends(self, pid: int, how: signal.Signals) -> None:
        os.kill(pid, how)
        until(lambda: not _is_alive(pid), f"process {pid} ends")

    def _comes_back(
        self, folder: Path, answers: Callable[[], bool], start: Callable[[], embedded.Running]
    ) -> None:
        """A guardian revives what had proven itself; what was young when it died is started anew."""
        until(lambda: answers() or not is_guarded(folder), f"the server of {folder.name} comes back")
        if not answers():
            self.in_use.append(start())

    def _database_answers(self) -> bool:
        try:
            psycopg.connect(self.database_url).close()
        except psycopg.OperationalError:
            return False
        return True

    def _redis_answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except RedisError:
            return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
