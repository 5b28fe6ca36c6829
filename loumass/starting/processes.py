"""The processes of the Procfile, under honcho, each on a leash: none outlives `make up`, even if killed."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path

from honcho.environ import parse_procfile
from honcho.manager import Manager

from loumass.embedded.sharing import GUARDIAN

#: Commands that end by themselves; `make up` runs their like before.
NOT_KEPT = ("release",)
#: How long the pages may load alone.
SECONDS_FOR_PAGES = 3
ENDED = "One of the processes ended for good, so all were stopped; the lines above say which and why. Nothing is lost."
STOPPED_BY_PERSON = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def kept_processes(procfile: Path) -> dict[str, str]:
    """Name and command of each process that runs on."""
    found = parse_procfile(procfile.read_text()).processes
    return {name: command for name, command in found.items() if name not in NOT_KEPT}


def run(procfile: Path, turn: Path, env: dict[str, str]) -> int:
    """Runs all until Ctrl-C or until one ends for good; 0 for Ctrl-C, else that one's exit status."""
    manager = Manager()
    for name, command in kept_processes(procfile).items():
        line = leashed(command, turn)
        # Somebody waits for the first page; six processes that load at once would make it twice as slow.
        after_pages = "" if name == "web" else f"sleep {SECONDS_FOR_PAGES}; "
        manager.add_process(name, after_pages + line, env=env, cwd=str(procfile.parent))
    manager.loop()
    if manager.returncode in STOPPED_BY_PERSON:
        return 0
    print(ENDED, file=sys.stderr, flush=True)
    return manager.returncode or 1


def leashed(command: str, turn: Path) -> str:
    """`command` beside a guardian that stops it once the lock on `turn` is free, and revives it when it dies."""
    guardian = [sys.executable, "-I", str(GUARDIAN), "child", str(turn), "", str(int(signal.SIGTERM)), ""]
    return f"exec {shlex.join(guardian)} {command}"
