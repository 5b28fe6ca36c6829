"""Redis from its wheel: a doorbell that may lose its memory, but never keeps the house from starting."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import redis

from loumass import embedded
from loumass.embedded.sharing import is_guarded


def connected(running: embedded.Running) -> redis.Redis:
    return redis.Redis.from_url(running.url, decode_responses=True)


def facts(running: embedded.Running, section: str) -> dict[str, object]:
    found = connected(running).info(section)
    assert isinstance(found, dict)
    return found


def test_a_second_start_keeps_what_was_stored(folder: Path) -> None:
    with embedded.redis(folder) as running:
        connected(running).set("word", "kept")
    with embedded.redis(folder) as running:
        assert connected(running).get("word") == "kept"


def test_a_throwaway_one_starts_empty(folder: Path) -> None:
    with embedded.redis(folder, throwaway=True) as running:
        connected(running).set("word", "gone")
    with embedded.redis(folder, throwaway=True) as running:
        assert connected(running).get("word") is None


def test_it_never_throws_work_away_when_memory_is_short(folder: Path) -> None:
    with embedded.redis(folder) as running:
        assert facts(running, "memory")["maxmemory_policy"] == "noeviction"
        assert facts(running, "server")["tcp_port"] == 0


def test_it_stops_with_its_last_user(folder: Path) -> None:
    with embedded.redis(folder) as first:
        second = embedded.redis(folder)
        assert first.url == second.url
        first.close()
        assert connected(second).ping()
        second.close()
    assert not is_guarded(folder)


def test_it_starts_after_it_was_killed(folder: Path) -> None:
    with embedded.redis(folder) as running:
        connected(running).set("word", "kept")
        server = facts(running, "server")["process_id"]
        assert isinstance(server, int)
        os.kill(server, signal.SIGKILL)
    with embedded.redis(folder) as running:
        assert connected(running).get("word") == "kept"


def test_a_damaged_file_is_set_aside_and_it_starts_empty(folder: Path) -> None:
    with embedded.redis(folder) as running:
        connected(running).set("word", "lost")
    (folder / "appendonly.aof").write_bytes(b"no such protocol" * 10)
    with embedded.redis(folder) as running:
        assert connected(running).get("word") is None
    assert (folder / "appendonly.aof.damaged").read_bytes().startswith(b"no such protocol")
