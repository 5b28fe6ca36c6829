"""Seconds from `make up` to the first page, on a prepared checkout; the limit is the 10 that are promised.

`value` is a first start, which makes the database and the demo organization; `again` a second one. `imported` is how
long the application takes to load, `package` the import of `loumass` alone, which is promised in under a second.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2

from bench.measuring import median_seconds, print_line
from bench.running import ROOT, until

PROMISED_SECONDS = 10.0
PATIENCE_SECONDS = 120.0
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".local", "__pycache__", "test-output", "node_modules", ".*_cache"
)


def main() -> None:
    """Prints one line. Raises AssertionError when no page comes."""
    folder = Path(tempfile.mkdtemp(prefix="lm-bench-", dir="/tmp"))
    folder.chmod(0o711)
    checkout = folder / "loumass"
    try:
        shutil.copytree(ROOT, checkout, ignore=LEFT_OUT)
        (checkout / ".venv").symlink_to(ROOT / ".venv")
        first, again = (_first_page(checkout) for _ in range(2))
    finally:
        shutil.rmtree(_home_of(checkout), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    print_line(
        "start", first, "s", PROMISED_SECONDS, PROMISED_SECONDS / first, peak=_largest_child_mib(), again=round(again, 3),
        imported=round(_importing("loumass.app"), 3), package=round(_importing("loumass"), 3),
    )  # fmt: skip


def _first_page(checkout: Path) -> float:
    """From the command to the sign-in page; everything has stopped again afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    began = time.perf_counter()
    with (checkout.parent / "up.log").open("wb") as log:
        up = subprocess.Popen(
            ["make", "up", f"PORT={port}"],
            cwd=checkout,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: _answers(port, up), "the first page comes", PATIENCE_SECONDS)
        return time.perf_counter() - began
    finally:
        os.killpg(up.pid, signal.SIGINT)  # as Ctrl-C does
        up.wait(PATIENCE_SECONDS)


def _answers(port: int, up: subprocess.Popen[bytes]) -> bool:
    assert up.poll() is None, "make up has ended by itself"
    try:
        page = httpx2.get(f"http://127.0.0.1:{port}/login", trust_env=False, timeout=30)
    except httpx2.HTTPError:
        return False
    return page.status_code == 200


def _home_of(checkout: Path) -> Path:
    """Where that checkout keeps its servers and data."""
    said = subprocess.run(
        [sys.executable, "-c", "from loumass.embedded.places import home; print(home())"], cwd=checkout,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Path(said.stdout.strip())


def _largest_child_mib() -> float:
    """The most memory that any process of `make up` held; they have all ended."""
    kibibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return kibibytes / 1024 / (1024 if sys.platform == "darwin" else 1)


def _importing(module: str) -> float:
    """Seconds that importing `module` adds to those of Python itself."""
    taken = [
        median_seconds(
            lambda code=code: subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True), 5
        )
        for code in (f"import {module}", "pass")
    ]
    return max(taken[0] - taken[1], 0.0)


if __name__ == "__main__":
    main()
