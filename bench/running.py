"""The processes of the Procfile on a measured installation, as production runs them, and a browser for its pages."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import httpx2

from bench.installation import PASSWORD, House
from bench.measuring import cpu_of_server
from loumass.starting.processes import kept_processes

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 60.0
#: Written into every form of a page.
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def until(
    what: Callable[[], object], why: str, seconds: float = PATIENCE_SECONDS, every: float = 0.02
) -> None:
    """Wait until `what` is true, looking `every` so many seconds. Raises AssertionError with `why` after `seconds`."""
    ends_at = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends_at, f"waited {seconds:.0f} seconds in vain: {why}"
        time.sleep(every)


class Running:
    """Web, workers and clock of `house`: `with Running(house) as running`."""

    def __init__(self, house: House) -> None:
        self.house = house
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = int(listener.getsockname()[1])
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Running:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        environment = {**self.house.environment, "PATH": path, "PORT": str(self.port)}
        for name, command in kept_processes(ROOT / "Procfile").items():
            with self._log(name).open("wb") as log:
                self.processes[name] = subprocess.Popen(
                    shlex.split(command), cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
                )
        try:
            until(self._answers, "the installation answers")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def browser(self, email: str) -> Browser:
        """One in which the owner of `email` is signed in."""
        browser = Browser(
            httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30)
        )
        browser.send("/login", "/login", email=email, password=PASSWORD)
        return browser

    def peak_mib(self, *names: str) -> float:
        """The most memory that one of these processes ever held; 0 where no /proc says."""
        return max(map(self._peak_mib, names or self.processes))

    def cpu_seconds(self, name: str) -> float:
        """Processor time that the process and its own processes have used; 0 where no /proc says."""
        return cpu_of_server(self.processes[name].pid)

    def largest_child_mib(self, name: str) -> float:
        """The most memory that one of the process's own processes ever held; 0 where no /proc says."""
        pid = self.processes[name].pid
        listed = Path(f"/proc/{pid}/task/{pid}/children")
        if not listed.exists():
            return 0.0
        found = [Path(f"/proc/{child}/status").read_text() for child in listed.read_text().split()]
        return max(int(status.partition("VmHWM:")[2].split()[0]) for status in found) / 1024

    def _peak_mib(self, name: str) -> float:
        try:
            status = Path(f"/proc/{self.processes[name].pid}/status").read_text()
        except OSError:
            return 0.0
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def _answers(self) -> bool:
        for name, process in self.processes.items():
            assert process.poll() is None, f"{name} ended: {self._log(name).read_text()[-2_000:]}"
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/health", trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    def _log(self, name: str) -> Path:
        return self.house.folder / f"{name}.log"

    def _stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


@dataclass
class Browser:
    """Sends forms of pages as a person's browser does."""

    client: httpx2.Client

    @property
    def cookie(self) -> str:
        """What it sends with every request."""
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    def send(self, page: str, action: str, **fields: str) -> None:
        """Open `page` and send a form of it to `action`. Raises AssertionError when it is refused."""
        self.sender(page)(action, **fields)

    def sender(self, page: str) -> Callable[..., None]:
        """`page` opened: what is called is the click alone."""
        shown = self.client.get(page, follow_redirects=True)
        token = _TOKEN.search(shown.text)
        assert token, f"{page} has no form: {shown.status_code}"

        def click(action: str, **fields: str | Sequence[str]) -> None:
            answer = self.client.post(action, data={"csrf_token": token[1], **fields})
            assert answer.status_code in (302, 303), (
                f"{action} answered {answer.status_code}: {answer.text[:500]}"
            )

        return click
