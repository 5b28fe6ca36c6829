"""Runs every figure, or those that are named, each in a process of its own.

At full size what is compared with a limit of the same seconds is run three times, and the line in the middle counts: one
run of ten seconds and its limit after it may be given more or less of a machine that others use.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: What a figure is called where its file cannot be.
CALLED = {"import": "imports"}
RACES, TURNS = ("advance", "deliver", "imports"), 3
NOT_FIGURES = {
    "__init__",
    "__main__",
    "installation",
    "listeners",
    "measuring",
    "seeding",
    "inbox_seeding",
    "figures_seeding",
    "running",
    "sink",
    "witness",
    "tracking_limit",
}


def main(wanted: list[str]) -> int:
    """Exit status 0 when all ran."""
    wanted = [CALLED.get(name, name) for name in wanted]
    known = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_FIGURES)
    if unknown := sorted(set(wanted) - set(known)):
        print(
            f"There is no figure called {', '.join(unknown)}; there are {', '.join(known)}.", file=sys.stderr
        )
        return 1
    failed = [name for name in wanted or known if not _has_run(name)]
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _has_run(name: str) -> bool:
    if name not in RACES or os.environ.get("SIZE") != "full":
        return subprocess.run(_command(name), cwd=HERE.parent, check=False).returncode == 0
    lines: list[dict[str, Any]] = []
    for _ in range(TURNS):
        done = subprocess.run(_command(name), cwd=HERE.parent, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            return False
        lines.append(json.loads(done.stdout.splitlines()[-1]))
    lines.sort(key=lambda line: line["ratio"])
    middle = lines[len(lines) // 2] | {"ratios": [line["ratio"] for line in lines]}
    print(json.dumps(middle), flush=True)
    return True


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", f"bench.{name}"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
