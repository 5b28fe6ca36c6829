"""One server for many processes: who comes first starts it, it ends when the last has gone.

Three lock files lie in the server's folder. `starting` is held while somebody starts or leaves. `in-use` is
held shared by each user. `guarded` is held by the guardian process as long as it lives. Locks vanish with
their process, so nothing here goes stale after kill -9 or a power failure.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from loumass.embedded.places import Broken, own_folder

#: Descriptors whose locks are this process's own. A forked child would hold them as well, and outlive it.
held: set[int] = set()


def _let_go_in_child() -> None:
    while held:
        os.close(held.pop())


os.register_at_fork(after_in_child=_let_go_in_child)
GUARDIAN = Path(__file__).with_name("guardian.py")
LOG_BYTES = 20_000_000


class Running:
    """A server in use by this process: `url` to connect to, `log` to read.

    `close()` (or leaving the `with` block) gives it up; the last user's call returns once it has stopped.
    """

    def __init__(self, url: str, folder: Path, in_use: int) -> None:
        self.url = url
        self.log = folder / "log"
        self._folder = folder
        self._in_use = in_use
        held.add(in_use)
        self._owner = os.getpid()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the server up. A forked child that inherited this object changes nothing."""
        if self._in_use < 0 or os.getpid() != self._owner:
            return
        in_use, self._in_use = self._in_use, -1
        held.discard(in_use)
        with locked(self._folder / "starting"):
            fcntl.flock(in_use, fcntl.LOCK_UN)
            others_use_it = not _is_free(in_use, fcntl.LOCK_EX) and _is_free(in_use, fcntl.LOCK_SH)
            fcntl.flock(in_use, fcntl.LOCK_UN)
            os.close(in_use)
            if not others_use_it:
                with locked(self._folder / "guarded"):
                    pass


def share(
    folder: Path,
    start: Callable[[], str],
    url: Callable[[], str | None],
) -> Running:
    """The server of `folder`: the running one where `url()` knows it, else the one that `start()` starts.

    Both callables run while no other process can start or stop it. Raises what `start` raises.
    """
    own_folder(folder)
    with locked(folder / "starting"):
        in_use = _open(folder / "in-use")
        fcntl.flock(in_use, fcntl.LOCK_SH)
        try:
            found = url() if is_guarded(folder) else None
            return Running(found or start(), folder, in_use)
        except BaseException:
            os.close(in_use)
            raise


def run_guarded(
    folder: Path,
    command: list[str],
    *,
    stop_signal: int,
    account: pwd.struct_passwd | None,
    is_ready: Callable[[], bool],
    seconds: float = 300,
) -> str:
    """Starts `command` under a guardian of its own; returns "" once ready, or else what the server wrote.

    Its output goes to `folder`/log. Raises Broken after `seconds`.
    """
    log = folder / "log"
    began_at = log.stat().st_size if log.exists() else 0
    if began_at > LOG_BYTES:
        began_at = 0
        log.unlink()
    told = [str(stop_signal), f"{account.pw_uid}:{account.pw_gid}" if account else "", *command]
    _open_and_close(folder / "guarded")
    with log.open("ab") as output:
        guardian = subprocess.Popen(
            [
                sys.executable,
                "-I",
                str(GUARDIAN),
                "server",
                str(folder / "in-use"),
                str(folder / "guarded"),
                *told,
            ],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        )
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_ready():
            return ""
        if guardian.poll() is not None:
            return read_from(log, began_at) or f"It ended with status {guardian.returncode}."
        time.sleep(0.02)
    guardian.terminate()
    raise Broken(
        f"{Path(command[0]).name} was not ready after {seconds:.0f} seconds; its words are in {log}."
    )


def read_from(log: Path, offset: int) -> str:
    """What `log` holds beyond `offset` bytes."""
    with log.open("rb") as stream:
        stream.seek(offset)
        return stream.read().decode(errors="replace")


def is_guarded(folder: Path) -> bool:
    """Whether a guardian lives for `folder`."""
    path = folder / "guarded"
    if not path.exists():
        return False
    descriptor = _open(path)
    try:
        return not _is_free(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the exclusive lock on `path`, waiting for it."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_free(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise Broken(f"{path} cannot be opened: {problem.strerror}. Nothing was started.") from problem


def _open_and_close(path: Path) -> None:
    os.close(_open(path))
