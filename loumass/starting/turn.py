"""One `make up` for each checkout at a time."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from loumass.embedded import Broken
from loumass.embedded.sharing import held

STOPPING_SECONDS = 90


class Turn:
    """The exclusive lock on `path`; the processes that are started live no longer than it is held."""

    def __init__(self, path: Path, address: str) -> None:
        """Takes the turn and notes `address` for whoever comes second.

        Raises Broken when another `make up` holds it. One that was killed leaves processes that are just
        stopping, with shared locks: those are waited for.
        """
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + STOPPING_SECONDS
        while not self._try(fcntl.LOCK_EX):
            if not self._try(fcntl.LOCK_SH):
                where = path.read_text().strip() or "another terminal"
                os.close(self._descriptor)
                raise Broken(
                    f"Loumass already runs from this checkout: {where}. Stop it there with Ctrl-C first."
                )
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            if time.monotonic() > until:
                raise Broken(
                    f"Processes of an earlier run still hold {path} and do not stop; end them first."
                )
            time.sleep(0.1)
        held.add(self._descriptor)
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{address}\n".encode())

    def close(self) -> None:
        """Gives the turn up."""
        held.discard(self._descriptor)
        os.close(self._descriptor)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
