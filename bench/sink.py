"""A mail server that takes everything and keeps a count: a process of its own, so that it costs the sender nothing.

    with Sink() as sink: ... sink.port ... sink.taken()

It parses only what it must: commands line by line, contents up to the lone dot.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from types import TracebackType

_GREETING = b"220 sink.example ESMTP\r\n"
_BYE = b"221 2.0.0 bye\r\n"
_ANSWERS = {
    b"EHLO": b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": _BYE,
}
_END = b"\r\n.\r\n"


class Sink:
    """The sink as its user sees it: postfix's smtp-sink where it is installed (nothing else of postfix is started),
    else the one of this file, which costs a sender who waits for every answer more."""

    def __enter__(self) -> Sink:
        self.kind = "smtp-sink" if _smtp_sink() else "python"
        self._own = _SmtpSink() if _smtp_sink() else _PythonSink()
        self.port = self._own.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._own.process.terminate()
        self._own.process.wait(10)

    def taken(self) -> int:
        """How many messages it has taken so far."""
        return self._own.taken()


def _smtp_sink() -> str | None:
    return shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class _SmtpSink:
    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._counts = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process that writes it
        as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [str(_smtp_sink()), "-c", *as_nobody, f"127.0.0.1:{self.port}", "100"]
        self.process = subprocess.Popen(command, stdout=self._counts)
        self._wait()

    def _wait(self) -> None:
        ends_at = time.monotonic() + 10
        while time.monotonic() < ends_at and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("smtp-sink does not answer.")

    def taken(self) -> int:
        # Its counters overwrite each other on one line; the last is what counts.
        size = os.fstat(self._counts.fileno()).st_size
        tail = os.pread(self._counts.fileno(), 200, max(size - 200, 0))
        found = re.findall(rb"mesg=(\d+)[ \r]", tail)
        return int(found[-1]) if found else 0


class _PythonSink:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.sink"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = self._said()

    def taken(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return self._said()

    def _said(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


def messages_per_second(sink: Sink, content: bytes, count: int = 20_000) -> float:
    """What the sink takes from a writer that never waits: how far it is from being the bottleneck itself."""
    one = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" + content + b".\r\n"
    line = socket.create_connection(("127.0.0.1", sink.port))
    line.recv(1024)
    line.sendall(b"EHLO bench\r\n")
    line.recv(1024)
    before = sink.taken()
    threading.Thread(target=_swallow, args=(line,), daemon=True).start()
    began = time.perf_counter()
    for _ in range(count // 50):
        line.sendall(one * 50)
    while sink.taken() - before < count // 50 * 50:
        time.sleep(0.001)
    seconds = time.perf_counter() - began
    line.close()
    return count / seconds


def _swallow(line: socket.socket) -> None:
    try:
        while line.recv(1 << 16):
            pass
    except OSError:
        return


class _Server:
    def __init__(self) -> None:
        self.taken = 0
        self.lock = threading.Lock()

    def serve(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        while sys.stdin.readline():
            print(self.taken, flush=True)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            line, _ = listener.accept()
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._converse, args=(line,), daemon=True).start()

    def _converse(self, line: socket.socket) -> None:
        with line, contextlib.suppress(ConnectionError):
            line.sendall(_GREETING)
            pending, is_content = b"", False
            while chunk := line.recv(1 << 18):
                pending, is_content, answers = self._read(pending + chunk, is_content)
                line.sendall(answers)
                if answers.endswith(_BYE):
                    return

    def _read(self, pending: bytes, is_content: bool) -> tuple[bytes, bool, bytes]:
        """What is left unread, whether it is content, and what is answered."""
        answers: list[bytes] = []
        at = 0
        while True:
            mark = _END if is_content else b"\r\n"
            end = pending.find(mark, at)
            if end < 0:
                return pending[at:], is_content, b"".join(answers)
            if is_content:
                with self.lock:
                    self.taken += 1
                answers.append(b"250 2.0.0 taken\r\n")
                is_content = False
            else:
                verb = pending[at : at + 4].upper()
                is_content = verb == b"DATA"
                answers.append(_ANSWERS.get(verb, b"250 2.0.0 fine\r\n"))
            at = end + len(mark)


if __name__ == "__main__":
    _Server().serve()
