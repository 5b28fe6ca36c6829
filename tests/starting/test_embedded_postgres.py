"""PostgreSQL from its wheel survives what machines and people do to it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from loumass import embedded
from loumass.embedded.places import SOCKET_PATH_BYTES, is_root
from loumass.embedded.sharing import is_guarded
from tests.starting.conftest import Neighbour

Neighbours = Callable[[str], Neighbour]


def start(folder: Path) -> embedded.Running:
    return embedded.postgres(folder, throwaway=True)


def expression(folder: Path, *, throwaway: bool = True) -> str:
    return f"embedded.postgres(Path({str(folder)!r}), throwaway={throwaway})"


def remember(url: str, word: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table if not exists word (text text)")
        connection.execute("insert into word values (%s)", [word])


def words(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [text for (text,) in connection.execute("select text from word order by 1")]


def postmaster(folder: Path) -> int:
    return int((folder / "pgdata" / "postmaster.pid").read_text().splitlines()[0])


def guardian_of(server: int) -> int:
    status = Path(f"/proc/{server}/status").read_text()
    return int(status.split("PPid:")[1].split()[0])


def wait_until_gone(pid: int) -> None:
    for _ in range(600):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} still lives")


def test_it_is_postgresql_18_and_listens_on_a_private_socket_only(folder: Path) -> None:
    with start(folder) as running, psycopg.connect(running.url) as connection:
        facts = connection.execute(
            "select current_setting('server_version_num')::int / 10000, current_setting('listen_addresses'),"
            " current_setting('unix_socket_permissions'), current_setting('max_connections')::int"
        ).fetchone()
    assert facts == (18, "", "0700", 200)


def test_only_a_throwaway_server_does_not_wait_for_the_disk(folder: Path) -> None:
    with start(folder) as running, psycopg.connect(running.url) as connection:
        assert connection.execute("show fsync").fetchone() == ("off",)
    with embedded.postgres(folder, throwaway=False) as running, psycopg.connect(running.url) as connection:
        assert connection.execute("show fsync").fetchone() == ("on",)


def test_a_second_start_keeps_what_was_stored(folder: Path) -> None:
    with start(folder) as running:
        remember(running.url, "kept")
    with start(folder) as running:
        assert words(running.url) == ["kept"]


def test_it_stops_when_its_only_user_leaves(folder: Path) -> None:
    with start(folder):
        server = postmaster(folder)
    wait_until_gone(server)
    assert not is_guarded(folder)


def test_two_processes_that_start_at_once_share_one_server(folder: Path, neighbour: Neighbours) -> None:
    first, second = neighbour(expression(folder)), neighbour(expression(folder))
    remember(first.url(), "shared")
    assert words(second.url()) == ["shared"]


def test_who_started_it_may_leave_before_the_others(folder: Path, neighbour: Neighbours) -> None:
    first = neighbour(expression(folder))
    remember(first.url(), "stays")
    with start(folder) as running:
        first.leaves()
        assert words(running.url) == ["stays"]
        server = postmaster(folder)
    wait_until_gone(server)


def test_it_stops_even_when_its_last_user_is_killed(folder: Path, neighbour: Neighbours) -> None:
    last = neighbour(expression(folder))
    last.url()
    server = postmaster(folder)
    last.is_killed()
    wait_until_gone(server)


def test_it_recovers_after_everything_was_killed(folder: Path, neighbour: Neighbours) -> None:
    user = neighbour(expression(folder, throwaway=False))
    remember(user.url(), "before the cut")
    server = postmaster(folder)
    killed = (guardian_of(server), server)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    user.is_killed()
    # The kernel takes its time on a busy machine; a dying server still takes connections.
    for pid in killed:
        wait_until_gone(pid)
    assert (folder / "pgdata" / "postmaster.pid").exists()
    with start(folder) as running:
        assert words(running.url) == ["before the cut"]


def test_a_server_whose_guardian_was_killed_is_replaced(folder: Path, neighbour: Neighbours) -> None:
    user = neighbour(expression(folder, throwaway=False))
    remember(user.url(), "kept")
    orphan = postmaster(folder)
    guardian = guardian_of(orphan)
    os.kill(guardian, signal.SIGKILL)
    wait_until_gone(guardian)
    with start(folder) as running:
        assert postmaster(folder) != orphan
        assert words(running.url) == ["kept"]


def test_a_stale_pid_file_that_names_a_living_stranger_is_forgotten(folder: Path) -> None:
    with start(folder) as running:
        remember(running.url, "kept")
    lines = [str(os.getpid()), str(folder / "pgdata"), "1700000000", "5432", "/nowhere", "", " 1 1", "ready"]
    (folder / "pgdata" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with start(folder) as running:
        assert words(running.url) == ["kept"]


def test_a_pid_file_cut_short_by_a_power_failure_is_no_obstacle(folder: Path) -> None:
    with start(folder) as running:
        remember(running.url, "kept")
    (folder / "pgdata" / "postmaster.pid").write_bytes(b"")
    with start(folder) as running:
        assert words(running.url) == ["kept"]


def test_a_first_start_that_was_cut_begins_anew(folder: Path) -> None:
    (folder / "pgdata.new").mkdir()
    (folder / "pgdata.new" / "half").write_text("written")
    with start(folder) as running:
        remember(running.url, "works")
        assert words(running.url) == ["works"]


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("17\n", "was written by PostgreSQL 17"),
        ("\0\0\0", "is damaged"),
        ("", "is damaged"),
        (None, "PG_VERSION is missing"),
    ],
)
def test_a_data_folder_it_cannot_read_is_left_alone_and_named(
    folder: Path, version: str | None, said: str
) -> None:
    pgdata = folder / "pgdata"
    pgdata.mkdir()
    (pgdata / "precious").write_text("kept")
    if version is not None:
        (pgdata / "PG_VERSION").write_text(version)
    with pytest.raises(embedded.Broken) as problem:
        start(folder)
    assert said in problem.value.sentence
    assert f"mv {pgdata} {pgdata}.old" in problem.value.sentence
    assert (pgdata / "precious").read_text() == "kept"
    assert not is_guarded(folder)


def test_a_damaged_control_file_gives_postgresqls_own_reason(folder: Path) -> None:
    with start(folder):
        pass
    (folder / "pgdata" / "global" / "pg_control").write_bytes(b"\0" * 8192)
    with pytest.raises(embedded.Broken, match=r"PostgreSQL does not start: database files are .*mv "):
        start(folder)


def test_a_place_that_is_no_folder_is_refused(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(embedded.Broken, match="cannot be made"):
        start(folder / "file" / "postgres")


def test_a_long_path_gets_its_socket_elsewhere(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    for each in (deep, deep.parent):
        each.chmod(0o711)
    with start(deep / "postgres") as running:
        remember(running.url, "reached")
        assert len(running.url.split("host=")[1]) < SOCKET_PATH_BYTES


@pytest.mark.skipif(not is_root(), reason="only root lends PostgreSQL another account")
def test_root_is_told_when_postgresql_cannot_reach_a_private_folder(folder: Path) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(embedded.Broken, match="private folder"):
        start(private / "postgres")
    assert private.stat().st_mode & 0o777 == 0o700
