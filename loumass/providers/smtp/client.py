"""A mailbox: sends by SMTP, and by IMAP receives and settles what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from loumass.providers.base import (
    Capability,
    FetchedBatch,
    OutgoingMessage,
    Provider,
    ProviderContext,
    SentRecord,
    StoredItem,
)
from loumass.providers.errors import Outcome, ProviderError, Sent
from loumass.providers.events import ProviderEvent
from loumass.providers.mail import mailbox_items
from loumass.providers.mail.addresses import bounce_address
from loumass.providers.smtp.connection import Connection, open_connection
from loumass.providers.smtp.copies import SentCopies
from loumass.providers.smtp.credentials import SmtpCredentials
from loumass.providers.smtp.letter import crlf
from loumass.providers.smtp.mailbox import open_mailbox
from loumass.providers.smtp.transmission import Barrier, Transmission
from loumass.providers.smtp.turns import Source, in_turns


class Smtp(Provider):
    """One mailbox of any mail server."""

    kind, medium, Credentials = "smtp", "email", SmtpCredentials
    label = "Mailbox (SMTP and IMAP)"
    summary = "Any mailbox of your own: sends as you, sees replies and bounces."
    capabilities = frozenset({Capability.POLLED, Capability.FINDS})
    throttles_per_recipient = True

    credentials: SmtpCredentials

    def __init__(self, credentials: SmtpCredentials, context: ProviderContext) -> None:
        super().__init__(credentials, context)
        self._connection: Connection | None = None
        self._spare: Connection | None = None
        self._wants_one = False
        self._copies = SentCopies(credentials, context)

    def close(self) -> None:
        """Say goodbye to the servers."""
        self._copies.close()
        for connection in filter(None, (self._connection, self._spare)):
            connection.close(politely=True)
        self._connection = self._spare = None

    def send(self, message: OutgoingMessage) -> Sent:
        """Raises Rejected, Throttled, Unavailable, Disconnected or Unknown."""
        ((_, outcome),) = self.deliver([message])
        if isinstance(outcome, Sent):
            return outcome
        raise outcome

    def deliver(self, messages: Iterable[OutgoingMessage]) -> Iterator[tuple[UUID, Outcome]]:
        """The outcome of every message, in order, over kept connections, pipelined where offered."""
        if not self.credentials.files_copies:
            yield from self._transmitted(messages)
            return
        offered: dict[UUID, OutgoingMessage] = {}
        for message_id, outcome in self._transmitted(_noted(messages, offered)):
            message = offered.pop(message_id)
            if isinstance(outcome, Sent):
                self._copies.file(crlf(message.mime), message.message_id)
            yield message_id, outcome

    def _transmitted(self, messages: Iterable[OutgoingMessage]) -> Iterator[tuple[UUID, Outcome]]:
        barrier = Barrier()
        first = Transmission(self._connect, self._envelope_sender, self._connection, self.may_write, barrier)
        spares: list[Transmission] = []

        def spare(source: Source) -> Transmission | None:
            connection, self._spare = self._spare or self._connect_spare(), None
            if connection is None:
                return None
            put_back = None if connection.taken else source.put_back
            spares.append(
                Transmission(
                    self._connect, self._envelope_sender, connection, self.may_write, barrier, put_back
                )
            )
            return spares[0]

        self._connection = None
        try:
            yield from in_turns(first, spare, messages)
        finally:
            self._connection = first.connection
            self._spare = spares[0].connection if spares else self._spare
            self._wants_one = self._wants_one or bool(spares and self._spare is None)

    def find(self, message: OutgoingMessage) -> Sent | None:
        """Look for the Message-ID in the Sent folder, where its server or we file a copy."""
        if not self.credentials.imap_host or not message.message_id:
            return None
        with open_mailbox(self.credentials, self.context) as mailbox:
            folder = mailbox.sent_folder()
            if folder is None or not mailbox.holds(folder, message.message_id):
                return None
        return Sent(provider_message_id="", message_id=message.message_id)

    def fetch(self, cursor: Mapping[str, Any], sent: Sequence[SentRecord] = ()) -> FetchedBatch:
        """What arrived since `cursor`. Without an IMAP server: nothing, ever."""
        if not self.credentials.imap_host:
            return FetchedBatch([], dict(cursor), more=False)
        with open_mailbox(self.credentials, self.context) as mailbox:
            return mailbox.fetch(cursor)

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        """Replies, bounces, complaints and own copies."""
        return mailbox_items.parse(item, self.credentials.email)

    def check(self) -> str:
        """Log in to both servers and send nothing."""
        open_connection(self.credentials, self.context).close(politely=True)
        found = f"{self.credentials.smtp_host} lets {self.credentials.email} send."
        if not self.credentials.imap_host:
            return f"{found} No IMAP server: replies and bounces will not be seen here."
        with open_mailbox(self.credentials, self.context) as mailbox:
            mailbox.fetch({})
            folder = mailbox.sent_folder()
        if folder is None:
            return f"{found} {self.credentials.imap_host} lets us read; it names no Sent folder."
        return f"{found} {self.credentials.imap_host} lets us read; {self._copies_in(folder)}"

    def _copies_in(self, folder: str) -> str:
        if self.credentials.files_copies:
            return f"copies of what is sent are filed in {folder}."
        return f"what was sent is looked up in {folder}."

    def _connect_spare(self) -> Connection | None:
        """A second connection, unless the server wants one only."""
        try:
            return None if self._wants_one else self._connect()
        except ProviderError:
            self._wants_one = True
            return None

    def _connect(self) -> Connection:
        return open_connection(self.credentials, self.context)

    def _envelope_sender(self, message: OutgoingMessage) -> str:
        if message.envelope_sender:
            return message.envelope_sender
        if self.credentials.bounce_domain:
            return bounce_address(message.id, self.credentials.bounce_domain)
        return self.credentials.email


def _noted(
    messages: Iterable[OutgoingMessage], offered: dict[UUID, OutgoingMessage]
) -> Iterator[OutgoingMessage]:
    """`messages` as they are taken, each written into `offered`."""
    for message in messages:
        offered[message.id] = message
        yield message
