"""What the figures share: a clock, the peak of memory, and one JSON line."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_RESET, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


class Stopwatch:
    """`seconds` that a `with timed() as watch:` block took; `cpu` and `database_cpu`: what this process and the
    database computed meanwhile."""

    seconds = cpu = database_cpu = 0.0

    @property
    def all_cpu(self) -> float:
        """Seconds of processor time of both; never 0."""
        return max(self.cpu + self.database_cpu, 0.001)


@contextmanager
def timed(postmaster: int = 0) -> Iterator[Stopwatch]:
    """Measures its block, with a PostgreSQL server whose first process is `postmaster`."""
    watch, began, computed = Stopwatch(), time.perf_counter(), time.process_time()
    database_computed = cpu_of_server(postmaster)
    yield watch
    watch.seconds, watch.cpu = time.perf_counter() - began, time.process_time() - computed
    watch.database_cpu = cpu_of_server(postmaster) - database_computed


def median_seconds(work: Callable[[], object], times: int) -> float:
    """The median time of `times` calls."""
    taken = []
    for _ in range(times):
        with timed() as watch:
            work()
        taken.append(watch.seconds)
    return statistics.median(taken)


def size(small: int, full: int) -> int:
    """How many rows: `SIZE=full` for the large figure, `SIZE=<number>` for any other, else the small one."""
    wanted = os.environ.get("SIZE", "")
    return full if wanted == "full" else int(wanted) if wanted.isdigit() else small


def forget_peak() -> None:
    """Begin to watch this process's memory anew: what seeding took does not count, also what it gave back and libc keeps."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(AttributeError):  # another libc than GNU's
            ctypes.CDLL(None).malloc_trim(0)
    if _RESET.exists():
        _RESET.write_text("5")  # proc(5): resets the peak resident set size


def peak_mib() -> float:
    """The most memory this process held since `forget_peak` (elsewhere than on Linux: since its start)."""
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


def cpu_of_server(postmaster: int) -> float:
    """Seconds of processor time that a PostgreSQL server and all its processes have used; 0 where no /proc says."""
    total = 0
    if not postmaster:
        return total
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        # proc(5), counted from the state: the parent, then utime, stime, cutime, cstime.
        if int(fields[1]) == postmaster or stat.parent.name == str(postmaster):
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def print_bench(
    bench: str, count: int, unit: str, done: Stopwatch, limit: Stopwatch, *, peak: float, **facts: Any
) -> None:
    """One JSON line: `count` things were done, and by the simplest way that could do the same (`limit`).

    `ratio` is how near the one comes to the other (1: as fast); `cpu_ratio` the same by processor time, which says
    more on a machine that others use. `facts` say what else was seen.
    """
    speed, limit_speed = count / done.seconds, count / limit.seconds
    print_line(
        bench, speed, unit, limit_speed, limit.seconds / done.seconds, peak=peak,
        cpu_ratio=round(limit.all_cpu / done.all_cpu, 3), count=count, cpu_ms_each=_each(done.cpu, count),
        database_cpu_ms_each=_each(done.database_cpu, count), **facts,
    )  # fmt: skip


def print_line(
    bench: str, value: float, unit: str, limit: float, ratio: float, *, peak: float, **facts: Any
) -> None:
    """The one JSON line of every bench: these six first, then `facts`."""
    digits = 3 if unit == "s" else 1
    line = {"bench": bench, "value": round(value, digits), "unit": unit, "limit": round(limit, digits)}
    line |= {"ratio": round(ratio, 3), "peak_mib": round(peak, 1)}
    print(json.dumps(line | facts), flush=True)


def _each(seconds: float, count: int) -> float:
    return round(seconds * 1000 / count, 3)
