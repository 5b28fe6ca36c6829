"""A mail server that remembers how many it got, for how many people, and when the last came: a process of its own.

with Witness() as witness: ... witness.port ... witness.seen().taken
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType

_END = b"\r\n.\r\n"
_EHLO = b"250-witness.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"


@dataclass(frozen=True, slots=True)
class Seen:
    """How many messages came, to how many different people, and when the last of them (seconds since 1970)."""

    taken: int
    people: int
    last_at: float


class Witness:
    """The server as its user sees it."""

    def __enter__(self) -> Witness:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.witness"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._said())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)

    def seen(self) -> Seen:
        """What it has seen so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        return Seen(*json.loads(self._said()))

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class _Book:
    def __init__(self) -> None:
        self.taken, self.people, self.last_at = 0, set[bytes](), 0.0

    def note(self, recipients: list[bytes]) -> None:
        self.taken += 1
        self.people.update(recipients)
        self.last_at = time.time()


class _Line(asyncio.Protocol):
    def __init__(self, book: _Book) -> None:
        self.book, self.pending, self.is_content = book, b"", False
        self.recipients: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.wire = transport
        self.wire.write(b"220 witness.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.pending += data
        answers, at = [], 0
        while True:
            mark = _END if self.is_content else b"\r\n"
            end = self.pending.find(mark, at)
            if end < 0:
                break
            answers.append(self._content() if self.is_content else self._command(self.pending[at:end]))
            at = end + len(mark)
        self.pending = self.pending[at:]
        self.wire.write(b"".join(answers))
        if answers and answers[-1].startswith(b"221"):
            self.wire.close()

    def _command(self, line: bytes) -> bytes:
        match line[:4].upper():
            case b"EHLO":
                return _EHLO
            case b"DATA":
                self.is_content = True
                return b"354 go on\r\n"
            case b"RCPT":
                self.recipients.append(line.partition(b"<")[2].partition(b">")[0])
            case b"QUIT":
                return b"221 2.0.0 bye\r\n"
            case _:
                self.recipients = []
        return b"250 2.0.0 fine\r\n"

    def _content(self) -> bytes:
        self.is_content = False
        self.book.note(self.recipients)
        self.recipients = []
        return b"250 2.0.0 taken\r\n"


async def _serve() -> None:
    book, loop = _Book(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Line(book), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps([book.taken, len(book.people), book.last_at]), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())
