"""The mailbox of the rehearsal: what Loumass sends arrives by SMTP, what people answer waits in IMAP."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from email import policy
from email.message import EmailMessage
from typing import Self

from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer, Received
from tests.stories.letters import away_note, bounce_of, read, reply_to, words_of

MAILBOX, SECRET = "you@rehearsal.example", "rehearsal"


class NotYet(Exception):
    """Nothing has gone to that person; the sentence says so."""


class Post:
    """Both servers. `told` hears a line about everything that arrives."""

    def __init__(self, smtp_port: int, imap_port: int, told: Callable[[str], None]) -> None:
        self._servers = ExitStack()
        self.smtp = _Keeping(smtp_port, self._takes)
        self.imap = FakeImapServer(users={MAILBOX: SECRET}, port=imap_port)
        # UIDs begin anew with every start; a mail program must not take them for those of the last one.
        for folder in self.imap.folders.values():
            folder.uid_validity = int(time.time())
        self._told = told

    def __enter__(self) -> Self:
        self._servers.enter_context(self.smtp)
        self._servers.enter_context(self.imap)
        return self

    def __exit__(self, *_: object) -> None:
        self._servers.close()

    def answers(self, address: str, text: str) -> None:
        """The person at `address` answers the last e-mail they got, or, with no `text`, is away. Raises NotYet."""
        mail = self.last_to(address)
        self._arrives(reply_to(mail, text) if text else away_note(mail))

    def bounces(self, address: str) -> None:
        """The last e-mail to `address` comes back: nobody lives there. Raises NotYet."""
        self.imap.inbox.drop_in(bounce_of(self.last_to(address), mailbox=MAILBOX))

    def last_to(self, address: str) -> EmailMessage:
        """The last e-mail that went to `address`. Raises NotYet."""
        for received in reversed(self.smtp.received):
            if address.lower() in map(str.lower, received.recipients):
                return read(received.content)
        raise NotYet(f"No e-mail has gone to {address} yet.")

    def _takes(self, received: Received) -> None:
        self.imap.sent.drop_in(received.content)
        self._told(f"e-mail to {', '.join(received.recipients)}: {read(received.content)['Subject']}")

    def _arrives(self, mail: EmailMessage) -> None:
        self.imap.inbox.drop_in(mail.as_bytes(policy=policy.SMTP))


def shown(mail: EmailMessage) -> str:
    """The lines of a mail's head that matter to people, and its text."""
    names = ("From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "List-Unsubscribe")
    head = "".join(f"{name}: {mail[name]}\n" for name in names if mail[name])
    return f"{head}\n{words_of(mail)}"


class _Keeping(FakeSmtpServer):
    """Takes everything, without a login."""

    def __init__(self, port: int, takes: Callable[[Received], None]) -> None:
        super().__init__(port=port)
        self._takes = takes

    def keep(self, received: Received) -> None:
        super().keep(received)
        self._takes(received)
