"""Streams for tests: opened as browsers and programs open them, and read frame by frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.world import Person


@dataclass
class Heard:
    """One event of a stream; `id` is None where the frame has none."""

    event: str
    said: Any
    id: str | None


@dataclass
class Stream:
    """An open stream. `last_id` is what a browser sends when it comes back."""

    frames: Iterator[bytes]
    last_id: str = ""
    _waiting: list[Heard] = field(default_factory=list)

    def next(self) -> Heard:
        """The next event. Raises StopIteration at the end of the stream."""
        while not self._waiting:
            self._read(next(self.frames))
        return self._waiting.pop(0)

    def rest(self) -> list[Heard]:
        """All events until the stream ends."""
        for chunk in self.frames:
            self._read(chunk)
        rest, self._waiting = self._waiting, []
        return rest

    def begin(self) -> Stream:
        """Read what says where it begins."""
        self._read(next(self.frames))
        return self

    def _read(self, chunk: bytes) -> None:
        for block in chunk.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            self.last_id = lines.get("id", self.last_id)
            if "event" in lines:
                self._waiting.append(Heard(lines["event"], json.loads(lines["data"]), lines.get("id")))


def stream(person: Person, query: str, after: str | None = None, **headers: str) -> Stream:
    """The person's browser opens `/live?<query>`, or comes back `after` an id."""
    return opened(person.browser, f"/live?{query}", after, **headers)


def opened(browser: Any, url: str, after: str | None = None, **headers: str) -> Stream:
    """The same at any address."""
    given = headers | ({"Last-Event-ID": after} if after else {})
    answer = browser.get(url, headers=given, buffered=False)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    return Stream(iter(answer.response)).begin()
