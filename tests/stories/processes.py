"""The processes of the Procfile, really started, killed and stopped: children of the test and of nobody else."""

from __future__ import annotations

import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import httpx2
from psycopg.errors import DeadlockDetected
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from loumass.starting.processes import kept_processes
from tests.stories.browsing import Answer, File

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Processes:
    """Web, workers and clock of one installation. `logs` is where each writes."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        self.logs = logs
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        self.environment = {"PATH": path, "HOME": os.environ.get("HOME", "/"), **environment}
        self.commands = kept_processes(ROOT / "Procfile")
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start these, or all. `deliver.2` is a second one of `deliver`."""
        for name in names or self.commands:
            with (self.logs / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    shlex.split(self.commands[name.partition(".")[0]]),
                    cwd=ROOT,
                    env=self.environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )

    def kill(self, name: str) -> None:
        """As the kernel does when memory is short: no word, no clean-up."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def stop(self, *names: str) -> None:
        """Ask these, or all, to end, and see that they did."""
        leaving = {name: self.running.pop(name) for name in names or list(self.running)}
        for process in leaving.values():
            process.send_signal(signal.SIGTERM)
        for name, process in leaving.items():
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
                raise AssertionError(f"{name} does not stop: {self.said(name)}") from None

    def all_run(self) -> None:
        """Fails when one has ended by itself."""
        for name, process in self.running.items():
            assert process.poll() is None, f"{name} ended with {process.returncode}: {self.said(name)}"

    def said(self, name: str) -> str:
        """The end of what one wrote."""
        return (self.logs / f"{name}.log").read_text(errors="replace")[-3_000:]

    def answers(self, port: int) -> bool:
        """Whether the web process serves, and the clock ticks."""
        self.all_run()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


class HttpCarrier:
    """Carries requests to a server on loopback, as a browser would."""

    def __init__(self, base: str) -> None:
        self.client = httpx2.Client(base_url=base, follow_redirects=True, trust_env=False, timeout=30)

    def fetch(
        self,
        method: str,
        url: str,
        fields: Sequence[tuple[str, str]] = (),
        files: Mapping[str, Sequence[File]] | None = None,
    ) -> Answer:
        """The answer at the end of all redirects."""
        form: dict[str, list[str]] = {}
        for name, value in fields:
            form.setdefault(name, []).append(value)
        parts = [
            (name, (called, content, kind))
            for name, several in (files or {}).items()
            for called, content, kind in several
        ]
        if method == "GET":
            answer = self.client.get(url, params=form or None)
        else:
            answer = self.client.post(url, data=form, files=parts or None)
        return Answer(answer.status_code, str(answer.url), answer.content, dict(answer.headers))


TRIES = 10
LEASES = (("channel", "lease_until"), ("attempt", "lease_until"), ("message", "lease_until"))
OTHER_MOMENTS = (
    ("channel", "resting_until"), ("message", "due_at"), ("message", "attempted_at"),
    ("agenda", "next_due_at"), ("agenda", "asked_at"), ("periodic_run", "last_at"),
)  # fmt: skip


def let_time_pass(engine: Engine, minutes: int, *, leases: bool = True) -> None:
    """As if everything that was written down had happened `minutes` earlier: leases end, what was put off is due.

    It takes every row there is, in whatever order: when that crosses somebody who works, it begins anew.
    """
    for _ in range(TRIES):
        try:
            return _move(engine, minutes, (*(LEASES if leases else ()), *OTHER_MOMENTS))
        except OperationalError as problem:
            if not isinstance(problem.orig, DeadlockDetected):
                raise
    raise AssertionError(f"time stood still {TRIES} times: somebody always worked just then")


def _move(engine: Engine, minutes: int, moments: Iterable[tuple[str, str]]) -> None:
    with engine.begin() as connection:
        for table, column in moments:
            connection.execute(
                text(
                    f"UPDATE {table} SET {column} = {column} - make_interval(mins => :minutes) WHERE {column} IS NOT NULL"
                ),
                {"minutes": minutes},
            )
