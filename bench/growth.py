"""How much more one row costs when there are sixteen times as many: importing, advancing, delivering.

Each figure runs as it is, in a process of its own, at 1x, 4x and 16x. `value` is the worst of what a row costs at 16x,
told in that of 1x; `limit` the 1.3 that is promised. `memory` is the same of the peak, with 1.2 promised; `ratio` is that
of the promise that is nearer to being broken. A row's cost is what the clock says, and `computing` what the processors
of both sides say (of the database alone where workers run by themselves), which others on the machine disturb less. SIZE=full: up to the figures' own full sizes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from bench.measuring import print_line, size

TIMES = (1, 4, 16)
#: Module and how many rows 16x are when small, and when full.
FIGURES = {"imports": (64_000, 200_000), "advance": (32_000, 100_000), "deliver": (16_000, 20_000)}
COST_GROWS, MEMORY_GROWS = 1.3, 1.2


@dataclass(frozen=True, slots=True)
class Growth:
    """How many times as much 16x takes of each than 1x."""

    cost: float
    computing: float
    memory: float


def main() -> None:
    """Prints the line of every run on standard error, and one line at the end."""
    grown: dict[str, Growth] = {}
    peak = 0.0
    for name, sizes in FIGURES.items():
        most = size(*sizes)
        lines = [_run(name, most * times // TIMES[-1]) for times in TIMES]
        grown[name] = _growth(lines[0], lines[-1])
        peak = max(peak, *(line["peak_mib"] for line in lines))
    cost = max(one.cost for one in grown.values())
    memory = max(one.memory for one in grown.values())
    print_line(
        "growth", cost, "times", COST_GROWS, min(COST_GROWS / cost, MEMORY_GROWS / memory), peak=peak,
        memory=round(memory, 3), memory_limit=MEMORY_GROWS,
        **{name: {"cost": one.cost, "computing": one.computing, "memory": one.memory} for name, one in grown.items()},
    )  # fmt: skip


def _run(name: str, count: int) -> dict[str, Any]:
    """What the figure says at `count` rows. Raises CalledProcessError when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}"], env={**os.environ, "SIZE": str(count)}, check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    line = done.stdout.splitlines()[-1]
    print(line, file=sys.stderr, flush=True)
    return json.loads(line)


def _growth(once: dict[str, Any], sixteen: dict[str, Any]) -> Growth:
    computed = [line.get("cpu_ms_each", 0) + line["database_cpu_ms_each"] for line in (once, sixteen)]
    return Growth(
        round(once["value"] / sixteen["value"], 3),
        round(computed[1] / computed[0], 3),
        round(sixteen["peak_mib"] / once["peak_mib"], 3),
    )


if __name__ == "__main__":
    main()
