"""Real servers in folders of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own account can reach when root runs the tests (pytest's is private)."""
    made = Path(tempfile.mkdtemp(prefix="lm-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


class Neighbour:
    """Another process that uses a server until it is told to leave, or killed."""

    def __init__(self, expression: str) -> None:
        self.program = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; from pathlib import Path; from loumass import embedded\n"
                f"running = {expression}\n"
                "print(running.url, flush=True); sys.stdin.read(); running.close()",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )

    def url(self) -> str:
        """What it connects to, once its server is ready."""
        assert self.program.stdout
        return self.program.stdout.readline().strip()

    def leaves(self) -> None:
        """Gives the server up and ends."""
        self.program.communicate(timeout=60)

    def is_killed(self) -> None:
        """Ends without a chance to clean up."""
        self.program.kill()
        self.program.communicate(timeout=60)


@pytest.fixture
def neighbour() -> Iterator[Callable[[str], Neighbour]]:
    """Starts neighbours; the test's end ends them."""
    started: list[Neighbour] = []

    def start(expression: str) -> Neighbour:
        started.append(Neighbour(expression))
        return started[-1]

    yield start
    for one in started:
        if one.program.poll() is None:
            one.is_killed()
