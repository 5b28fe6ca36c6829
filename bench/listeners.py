"""Open streams, read as browsers read them, in a process of its own: `with listening(...) as streams`.

Each comes back with the id of its last event when the server cuts it. Of every event one number and the moment are known, so
that a missing one, a doubled one and the time from its commit to here are seen.
"""

from __future__ import annotations

import heapq
import json
import multiprocessing
import random
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from loumass.core import live

_READ = 65_536


@dataclass
class Heard:
    """Numbers and milliseconds of what each stream was told, and of how many facts without a number; how often streams came
    back, and what went wrong."""

    numbers: list[list[int]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    returns: int = 0
    resets: int = 0
    wrong: list[str] = field(default_factory=list)


class Streams:
    """Those that are open."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def heard(self, until: int, seconds: float = 30.0) -> Heard:
        """What all of them heard, once each was told number `until` or the time is up. They are closed then."""
        self._pipe.send((until, seconds))
        return self._pipe.recv()


@contextmanager
def listening(count: int, port: int, path: str, cookie: str) -> Iterator[Streams]:
    """So many streams of `path`, all of them open."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_listen, args=(theirs, count, port, path, cookie), daemon=True
    )
    process.start()
    try:
        assert ours.poll(120), "the streams did not open"
        ours.recv()
        yield Streams(ours)
    finally:
        process.terminate()
        process.join(10)


class _Browser:
    """One stream."""

    def __init__(self, port: int, path: str, cookie: str) -> None:
        self.port, self.path, self.cookie = port, path, cookie
        self.last_id, self.buffer, self.numbers, self.count = "", b"", list[int](), 0
        self.retry, self.is_open = 1.0, False
        self.socket: socket.socket | None = None

    def connect(self) -> socket.socket:
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        back = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
        head = f"GET {self.path} HTTP/1.1\r\nHost: loumass.example\r\nAccept: text/event-stream\r\nCookie: {self.cookie}\r\n{back}\r\n"
        self.socket.sendall(head.encode())
        self.socket.setblocking(False)
        self.buffer = b""
        return self.socket

    def read(self, heard: Heard) -> bool:
        """Take what came; False at the end of the stream."""
        assert self.socket is not None
        try:
            came = self.socket.recv(_READ)
        except BlockingIOError:
            return True
        now = time.time()
        self.buffer += came
        *blocks, self.buffer = self.buffer.split(b"\n\n")
        for block in blocks:
            self._take(block, now, heard)
        return bool(came) and not self.buffer.endswith(b"\r\n0\r\n\r\n")

    def _take(self, block: bytes, now: float, heard: Heard) -> None:
        if block.startswith(b"HTTP/1.1 ") and not block.startswith(b"HTTP/1.1 200"):
            heard.wrong.append(block[:60].decode(errors="replace"))
        self.is_open = True
        for line in block.split(b"\n"):
            if line.startswith(b"id: "):
                self.last_id = line[4:].decode()
            elif line.startswith(b"retry: "):
                self.retry = int(line[7:]) / 1000
            elif line.startswith(b"event: reset"):
                heard.resets += 1
            elif line.startswith(b"data: {"):
                self._note(json.loads(line[6:]), now, heard)

    def _note(self, fact: dict[str, Any], now: float, heard: Heard) -> None:
        if "facts" in fact:
            self.numbers.append(fact["facts"]["number"])
            heard.milliseconds.append((now - fact["facts"]["at"]) * 1000)
        else:
            self.count += fact.get("count", 0)


def _listen(pipe: Connection, count: int, port: int, path: str, cookie: str) -> None:
    chosen, heard, coming_back = selectors.DefaultSelector(), Heard(), list[tuple[float, int]]()
    browsers = [_Browser(port, path, cookie) for _ in range(count)]
    # As if each had been open for some time: they end at any moment, not all at once after a minute.
    ends = [(time.monotonic() + live.STREAM_SECONDS * random.random(), n) for n in range(count)]
    heapq.heapify(ends)
    coming_back += [(time.monotonic() + n * 0.01, n) for n in range(count)]
    until, ends_at, is_told = None, float("inf"), False
    while time.monotonic() < ends_at:
        while coming_back and coming_back[0][0] <= time.monotonic():
            _, n = heapq.heappop(coming_back)
            chosen.register(browsers[n].connect(), selectors.EVENT_READ, n)
        ended = set[int]()
        while ends and ends[0][0] <= time.monotonic():
            ended.add(heapq.heappop(ends)[1])
        ended |= {key.data for key, _ in chosen.select(0.02) if not browsers[key.data].read(heard)}
        for n in ended:
            if (line := browsers[n].socket) is not None and line.fileno() >= 0:
                heard.returns += 1
                chosen.unregister(line)
                line.close()
                heapq.heappush(coming_back, (time.monotonic() + browsers[n].retry, n))
        if not is_told and all(browser.is_open for browser in browsers):
            is_told = True
            pipe.send("open")
        if until is None and pipe.poll():
            until, seconds = pipe.recv()
            ends_at = time.monotonic() + seconds
        if until is not None and all(
            browser.numbers and browser.numbers[-1] >= until for browser in browsers
        ):
            break
    heard.numbers = [browser.numbers for browser in browsers]
    heard.counts = [browser.count for browser in browsers]
    pipe.send(heard)
    pipe.poll(60)
