"""Who waits for an organization's news: each is woken for what they asked for, and the more are woken the longer all rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from loumass.core.live.entries import ENDS, Entry
from loumass.core.live.listening import Listener

#: What comes within so long after a waking is told together: for each who was woken, and at least for all of them.
REST_SECONDS, SHORTEST_REST_SECONDS = 0.000_3, 0.02
#: After so many news everybody looks, also who asked for none of them: who stays behind would have to read the log.
PASSED = 250


class Waiting:
    """Those who wait, and what has come since they were woken."""

    def __init__(self) -> None:
        self._asked: dict[threading.Event, frozenset[str]] = {}
        self._lock = threading.Lock()
        self._came, self._passed = set[str](), 0
        self._rests_until, self._is_due = float("-inf"), False

    def __len__(self) -> int:
        return len(self._asked)

    def enter(self, wake: threading.Event, listener: Listener) -> None:
        """Have `wake` set for what `listener` asked for."""
        kinds = listener.kinds | {ENDS}
        asked = listener.topics | kinds | {_for(kind, listener.user_id) for kind in kinds}
        with self._lock:
            self._asked[wake] = asked

    def leave(self, wake: threading.Event) -> None:
        """Wake that one no more."""
        with self._lock:
            self._asked.pop(wake, None)

    def wake(self, entries: Iterable[Entry | None]) -> None:
        """Wake whoever asked for one of `entries`: at once, or once the rest is over."""
        with self._lock:
            for entry in entries:
                self._passed += 1
                if entry is not None:
                    self._came.update(_names(entry))
        self._wake()

    def wake_all(self) -> None:
        """Wake everybody."""
        with self._lock:
            self._passed = PASSED
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            rests = self._rests_until - time.monotonic()
            is_at_once, is_due = rests <= 0, self._is_due
            self._is_due = not is_at_once
        if is_at_once:
            self._wake_now()
        elif not is_due:
            soon = threading.Timer(rests, self._wake_now)
            soon.daemon = True
            soon.start()

    def _wake_now(self) -> None:
        with self._lock:
            came, is_for_all = self._came, self._passed >= PASSED
            self._came, self._is_due = set(), False
            woken = [one for one, asked in self._asked.items() if is_for_all or not asked.isdisjoint(came)]
            if is_for_all:
                self._passed = 0
            if woken:
                self._rests_until = time.monotonic() + max(SHORTEST_REST_SECONDS, REST_SECONDS * len(woken))
        for one in woken:
            one.set()


def _names(entry: Entry) -> Iterable[str]:
    return [_for(entry.kind, user) for user in entry.to] if entry.to else [entry.topic or entry.kind]


def _for(kind: str, user_id: str) -> str:
    return f"{kind} {user_id}"
