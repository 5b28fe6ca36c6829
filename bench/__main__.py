"""Runs every figure, or those that are named, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: What a figure is called where its file cannot be.
CALLED = {"import": "imports"}
NOT_FIGURES = {
    "__init__",
    "__main__",
    "installation",
    "measuring",
    "seeding",
    "inbox_seeding",
    "running",
    "sink",
    "witness",
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
    failed = [
        name
        for name in wanted or known
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False).returncode
    ]
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
