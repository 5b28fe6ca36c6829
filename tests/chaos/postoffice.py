"""A mail server that remembers what it took, and files a copy of most of it in the sender's Sent folder."""

from __future__ import annotations

import threading
import time
from collections import Counter
from email import message_from_bytes

from tests.fakes.imap import FakeImapServer
from tests.fakes.loopback import Line
from tests.fakes.smtp import FakeSmtpServer, Received

#: Who got it, and which letter (by its subject).
Letter = tuple[str, str]


class PostOffice(FakeSmtpServer):
    """Takes `pause` seconds for each message; answers none while `may_answer` is cleared."""

    def __init__(self, mailbox: FakeImapServer) -> None:
        super().__init__()
        self.mailbox = mailbox
        self.pause = 0.0
        self.holds_at = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._news = threading.Condition()
        self._callers = 0
        self._got: Counter[Letter] = Counter()

    def starts_afresh(self, *, pause: float, holds_at: int = 0) -> None:
        """Forget what came. From the `holds_at`-th message on, nothing is answered until `may_answer` is set."""
        with self._news:
            self.received.clear()
            self._got.clear()
            self.mailbox.sent.mails.clear()
            self.pause, self.holds_at = pause, holds_at

    def keep(self, received: Received) -> None:
        """Takes it, files its copy, and answers when it may."""
        time.sleep(self.pause)
        with self._news:
            super().keep(received)
            self._got[received.recipients[0], subject_of(received)] += 1
            if files_a_copy_for(received.recipients[0]):
                self.mailbox.sent.drop_in(received.content)
            if len(self.received) == self.holds_at:
                self.may_answer.clear()
            self._news.notify_all()
        self.may_answer.wait(120)

    def converse(self, line: Line) -> None:
        """One session, counted while it lasts. It is never cut because somebody sleeps in the middle."""
        line.socket.settimeout(600)
        with self._news:
            self._callers += 1
        try:
            super().converse(line)
        finally:
            with self._news:
                self._callers -= 1
                self._news.notify_all()

    def has_taken(self, count: int, seconds: float) -> bool:
        """Wait until it has taken `count` in all, `seconds` at most; whether it has."""
        with self._news:
            return self._news.wait_for(lambda: len(self.received) >= count, seconds)

    def falls_silent(self, seconds: float = 60.0) -> bool:
        """Wait until nobody is connected any more: what a dead worker had written has been taken or dropped."""
        with self._news:
            return self._news.wait_for(lambda: self._callers == 0, seconds)

    @property
    def got(self) -> Counter[Letter]:
        """How often each letter was taken for each address."""
        with self._news:
            return self._got.copy()


class SilentMailbox(FakeImapServer):
    """A mailbox whose server takes connections and, once it `is_silent`, never says a word."""

    def __init__(self, users: dict[str, str]) -> None:
        super().__init__(users=users)
        self.is_silent = False

    def converse(self, line: Line) -> None:
        """One session, or none."""
        if not self.is_silent:
            return super().converse(line)
        while line.read_line():  # until whoever waits has gone
            pass
        return None


def files_a_copy_for(address: str) -> bool:
    """Every fourth copy gets lost, so that a look into Sent cannot settle everything."""
    return sum(address.encode()) % 4 != 0


def subject_of(received: Received) -> str:
    """The letter's subject."""
    return str(message_from_bytes(received.content)["Subject"])
