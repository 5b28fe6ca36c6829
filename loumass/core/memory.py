"""How much memory there is for this process, the container's limit or the machine's, and what of it is never walked through."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CONTAINER, _MACHINE = Path("/sys/fs/cgroup"), Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in use and bytes there are."""

    used: int
    limit: int

    @property
    def share(self) -> float:
        """How much of it is used, from 0 to 1."""
        return self.used / self.limit if self.limit else 0.0


@contextmanager
def loading() -> Iterator[None]:
    """What a process loads stays: looking through it for what has gone, again and again, took a fifth of its start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle() -> None:
    """What is loaded by now stays: the collector no longer walks through it, and looks at what comes less often.

    A process makes many rows and few circles. A tenth of its time went into looking for them, and while all that it has was
    walked through, everybody waited.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def memory_now(container: Path = _CONTAINER, machine: Path = _MACHINE) -> Memory | None:
    """What the kernel says now; None where it is not Linux."""
    return _of_container(container) or _of_machine(machine)


def _of_container(folder: Path) -> Memory | None:
    """As the kernel's out-of-memory killer counts: files that can be read again do not hold memory."""
    try:
        limit = (folder / "memory.max").read_text().strip()
        used = int((folder / "memory.current").read_text())
        idle = _numbers(folder / "memory.stat").get("inactive_file", 0)
    except OSError:
        return None
    return Memory(max(used - idle, 0), int(limit)) if limit.isdigit() else None


def _of_machine(path: Path) -> Memory | None:
    try:
        kibibytes = _numbers(path)
    except OSError:
        return None
    total = kibibytes["MemTotal"]
    return Memory((total - kibibytes["MemAvailable"]) * 1024, total * 1024)


def _numbers(path: Path) -> dict[str, int]:
    """Name -> number of lines such as `MemTotal:  1024 kB` and `inactive_file 1024`."""
    words = (line.split() for line in path.read_text().splitlines())
    return {one[0].rstrip(":"): int(one[1]) for one in words if len(one) > 1}
