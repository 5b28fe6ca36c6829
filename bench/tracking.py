"""Opens and clicks per second, every one durable before its answer, against gunicorn as production runs it.

Sixteen connections ask one after the other, half for the picture and half for one of three links, of 5,000 messages.
The limit is `tracking_limit.py`: the same server, tokens and answers with one INSERT per hit in a view of Flask; `thin` is
that INSERT behind our own door. All are asked in turns, three times each, and the middle of each counts. Afterwards every hit that was answered is a row. SIZE=<seconds of a turn>.
"""

from __future__ import annotations

import os
import selectors
import shlex
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from sqlalchemy import select

from bench.installation import House, installed
from bench.measuring import print_line, size
from bench.running import ROOT, until
from loumass.accounts.models import Organization
from loumass.content.composing import Draft
from loumass.content.links import keep_links, links_of
from loumass.core.ids import uuid7
from loumass.messages import tracking_tokens
from loumass.starting.processes import kept_processes

CONNECTIONS, MESSAGES, TURNS, SECONDS = 16, 5_000, 3, 5
HTML = "".join(
    f'<p><a href="https://acme.example/{page}">{page}</a></p>' for page in ("dinner", "place", "menu")
)
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


@dataclass
class Asked:
    """What one turn came to. `taken` are the milliseconds of each answer."""

    seconds: float = 0.0
    taken: list[float] = field(default_factory=list)

    @property
    def speed(self) -> float:
        """Answers per second."""
        return len(self.taken) / self.seconds

    @property
    def p99(self) -> float:
        """Of the answers, in milliseconds."""
        return statistics.quantiles(self.taken, n=100)[-1]


def main() -> None:
    """Prints one line. Raises AssertionError when an answer is not what it must be, or a hit is missing."""
    seconds = size(SECONDS, 10)
    with installed() as house:
        requests = _requests(house)
        ours: list[Asked] = []
        limits: list[Asked] = []
        thin: list[Asked] = []
        peak = 0.0
        with (
            _web(house, "wsgi:app") as own,
            _web(house, "bench.tracking_limit:app") as other,
            _web(house, "bench.tracking_limit:thin") as between,
        ):
            for port in (own.port, other.port, between.port):
                _asked(port, requests, 0.5)
            house.analyze("hit")
            before = _rows(house)
            for _ in range(TURNS):
                ours.append(_asked(own.port, requests, seconds))
                limits.append(_asked(other.port, requests, seconds))
                thin.append(_asked(between.port, requests, seconds))
            peak = own.peak_mib()
        answered = sum(len(one.taken) for one in (*ours, *limits, *thin))
        kept = _rows(house) - before
        assert kept == answered, f"{kept} rows for {answered} answers"
        done, limit = _middle(ours), _middle(limits)
        print_line(
            "tracking", done.speed, "hits/s", limit.speed, done.speed / limit.speed, peak=peak, p99_ms=round(done.p99, 1),
            limit_p99_ms=round(limit.p99, 1), thin=round(_middle(thin).speed, 1), connections=CONNECTIONS, count=sum(len(one.taken) for one in ours),
            ratios=[round(a.speed / b.speed, 2) for a, b in zip(ours, limits, strict=True)],
        )  # fmt: skip


def _middle(turns: Sequence[Asked]) -> Asked:
    return sorted(turns, key=lambda one: one.speed)[len(turns) // 2]


def _rows(house: House) -> int:
    return house.count("SELECT count(*) FROM hit WHERE organization_id = :organization_id")


def _requests(house: House) -> list[bytes]:
    """As a mail program sends them."""
    return [
        f"GET {path} HTTP/1.1\r\nHost: loumass.example\r\nUser-Agent: {AGENT}\r\n"
        "Accept: image/avif,image/webp,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n".encode()
        for path in tracking_requests(house)
    ]


def tracking_requests(house: House) -> list[str]:
    """The paths that letters of Acme's ask for; every other one the picture's."""
    with house.acting() as session:
        number = session.scalars(select(Organization.number)).one()
        version_id = uuid7()
        keep_links(version_id, Draft(html=HTML))
        links = [ref for _, ref in links_of([version_id])[version_id]]
        session.commit()
    made = []
    for _, link in zip(range(MESSAGES), cycle(links), strict=False):
        message_id = uuid7()
        for path, one in (("/o/", 0), ("/c/", link)):
            made.append(path + tracking_tokens.token(number, message_id, one))
    return made


def _asked(port: int, requests: Sequence[bytes], seconds: float) -> Asked:
    """Sixteen connections, each asking again when it was answered, for so many seconds."""
    asked, turn = Asked(), cycle(requests)
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    for line in lines:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with selectors.DefaultSelector() as selector:
        came: dict[socket.socket, bytes] = {}
        began, now = dict.fromkeys(lines, 0.0), time.perf_counter
        started = now()
        for line in lines:
            selector.register(line, selectors.EVENT_READ)
            began[line] = now()
            line.sendall(next(turn))
        open_lines = len(lines)
        while open_lines:
            for key, _ in selector.select(10) or _nobody():
                line: socket.socket = key.fileobj  # pyright: ignore[reportAssignmentType]  as registered
                answer = came[line] = came.get(line, b"") + line.recv(4_096)
                assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 302")), answer[:200]
                if not _is_whole(answer):
                    continue
                came[line] = b""
                asked.taken.append((now() - began[line]) * 1_000)
                if now() - started >= seconds:
                    selector.unregister(line)
                    open_lines -= 1
                    continue
                began[line] = now()
                line.sendall(next(turn))
        asked.seconds = now() - started
    for line in lines:
        line.close()
    return asked


def _is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    return len(body) >= (43 if b"image/gif" in head else 0) and answer != head


def _nobody() -> Sequence[tuple[selectors.SelectorKey, int]]:
    raise AssertionError("nobody was answered for 10 seconds")


@dataclass
class _Web:
    port: int
    process: subprocess.Popen[bytes]

    def peak_mib(self) -> float:
        """The most memory that a process of the server held."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return max(_peak_mib(pid) for pid in (str(self.process.pid), *children))


def _peak_mib(pid: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextmanager
def _web(house: House, module: str) -> Iterator[_Web]:
    """The web process of the Procfile, with another module's application in it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    command = [
        module if part == "wsgi:app" else part
        for part in shlex.split(kept_processes(ROOT / "Procfile")["web"])
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**house.environment, "PATH": path, "PORT": str(port)}
    log = house.folder / f"{module.partition(':')[0]}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=written, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: _listens(port, process, log), f"{module} listens")
        yield _Web(port, process)
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()[-2_000:]
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
