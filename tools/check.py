"""`make check`: every check that needs no server. Runs all, then says which failed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["pyright"],
    "import contracts": ["lint-imports"],
    "templates": ["djlint", "loumass/templates", "--lint", "--quiet"],
    "links in docs": [sys.executable, "tools/links.py"],
    "locks": [sys.executable, "tools/lock.py", "--check"],
}


def main() -> int:
    """Exit status 0 when all pass."""
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    if failed:
        print(f"\nFailed: {', '.join(failed)}.")
        return 1
    print(f"\nAll {len(CHECKS)} checks passed.")
    return 0


def passes(name: str, command: list[str]) -> bool:
    """Runs one check; its words are shown only when it fails."""
    program = shutil.which(command[0])
    if program is None:
        print(f"✗ {name}: {command[0]} is not installed")
        return False
    began = time.monotonic()
    done = subprocess.run([program, *command[1:]], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    print(f"{'✓' if done.returncode == 0 else '✗'} {name} ({seconds:.1f} s)", flush=True)
    if done.returncode != 0:
        print((done.stdout + done.stderr).strip(), flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
