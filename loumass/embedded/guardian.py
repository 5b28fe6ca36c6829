"""Stands beside one program: starts it, and stops it as soon as nobody needs it any more.

Usage: python guardian.py server|child IN_USE GUARDED STOP_SIGNAL ACCOUNT COMMAND...

Who needs the program holds a lock on the file IN_USE; the kernel takes it back however that process ends,
also by kill -9. So the guardian just waits for a lock that it cannot get until then: a `server` has many
users with shared locks and waits for the exclusive one, a `child` has one parent with the exclusive lock
and waits, beside its siblings, for a shared one. GUARDED (may be empty) is locked as long as the guardian
lives. ACCOUNT is `uid:gid` to run the program as, or empty. Run by path, without the rest of the
application: it must cost nothing while it waits.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import NamedTuple

#: A program that lived this long has worked; when it dies while needed (out of memory, say), it starts again.
PROVEN_SECONDS = 10
#: One that has worked before is started again although it dies at once, so many times in a row.
MOST_EARLY_ENDS = 3
PATIENCE_SECONDS = 60
UNTIL_FREE = {"server": fcntl.LOCK_EX, "child": fcntl.LOCK_SH}


class Orders(NamedTuple):
    """The command line."""

    kind: str
    in_use: str
    guarded: str
    stop_signal: int
    account: str
    command: list[str]


class _Awake(Exception):
    """A signal ends the wait for the lock."""


def _a_child_has_ended() -> bool:
    """Not only stopped or continued, which brings the same signal. Nobody is reaped."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return True
    return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class Guardian:
    """Runs the program that `orders` name until nobody needs it."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self._waits = False
        self._must_stop = False
        self._has_ended = False
        self._has_worked = False
        self._early_ends = 0

    def guard(self) -> int:
        """Returns the program's exit status."""
        if self.orders.guarded:
            fcntl.flock(os.open(self.orders.guarded, os.O_RDWR), fcntl.LOCK_EX)
        in_use = os.open(self.orders.in_use, os.O_RDWR)
        signal.signal(signal.SIGTERM, self._note)
        signal.signal(signal.SIGCHLD, self._note)
        while True:
            began = time.monotonic()
            self._has_ended = False
            program = self._start()
            if self._is_free(in_use) or self._must_stop:
                return self._stop(program)
            status = program.wait()
            if not self._deserves_another(time.monotonic() - began):
                self._say_why(status)
                return status
            time.sleep(1)

    def _deserves_another(self, lived_seconds: float) -> bool:
        if lived_seconds >= PROVEN_SECONDS:
            self._has_worked, self._early_ends = True, 0
            return True
        self._early_ends += 1
        return self._has_worked and self._early_ends <= MOST_EARLY_ENDS

    def _say_why(self, status: int) -> None:
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        times = f" {self._early_ends} times in a row" if self._early_ends > 1 else ""
        program = " ".join(self.orders.command)
        sys.stderr.write(f"`{program}` {how} soon after its start{times}. It is not started again.\n")

    def _start(self) -> subprocess.Popen[bytes]:
        lent = [int(part) for part in self.orders.account.split(":")] if self.orders.account else None
        return subprocess.Popen(
            self.orders.command,
            stdin=subprocess.DEVNULL,
            user=lent[0] if lent else None,
            group=lent[1] if lent else None,
            extra_groups=[] if lent else None,
            # There is one thread here.
            preexec_fn=self._end_with_guardian if sys.platform == "linux" else None,  # noqa: PLW1509
        )

    def _end_with_guardian(self) -> None:
        """Linux tells the program when its guardian was killed (prctl(2), PR_SET_PDEATHSIG)."""
        ctypes.CDLL(None).prctl(1, self.orders.stop_signal)

    def _is_free(self, in_use: int) -> bool:
        """Waits; False when the program ended or the guardian was asked to stop before nobody needed it."""
        try:
            self._waits = True
            if self._must_stop or self._has_ended:
                return False
            fcntl.flock(in_use, UNTIL_FREE[self.orders.kind])
        except _Awake:
            return False
        finally:
            self._waits = False
        return True

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            self._must_stop = True
        elif _a_child_has_ended():
            self._has_ended = True
        else:
            return
        if self._waits:
            self._waits = False
            raise _Awake

    def _stop(self, program: subprocess.Popen[bytes]) -> int:
        program.send_signal(self.orders.stop_signal)
        try:
            status = program.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            program.kill()
            return program.wait()
        # One that was still starting has no other way to obey.
        return 0 if status == -self.orders.stop_signal else status


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    given = sys.argv[1:]
    sys.exit(Guardian(Orders(given[0], given[1], given[2], int(given[3]), given[4], given[5:])).guard())
