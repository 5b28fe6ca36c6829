"""Copies of what was sent, filed in the mailbox's Sent folder where its server does not do so by itself.

A copy is filed once the server took the message and before anybody hears of it. So finding a copy proves
that the message went, also after a crash; finding none proves nothing.
"""

from __future__ import annotations

from typing import cast

import structlog
from imapclient import SEEN, IMAPClient

from loumass.providers.base import ProviderContext
from loumass.providers.errors import ProviderError
from loumass.providers.smtp import imap
from loumass.providers.smtp.credentials import SmtpCredentials
from loumass.providers.smtp.folders import folders_of

log = structlog.get_logger("copies")


class SentCopies:
    """One kept IMAP connection, opened with the first copy. Filing never fails a sending: it went already."""

    def __init__(self, credentials: SmtpCredentials, context: ProviderContext) -> None:
        self._credentials, self._context = credentials, context
        self._is_wanted = credentials.files_copies
        self._client: IMAPClient | None = None
        self._folder = ""

    def file(self, content: bytes, message_id: str) -> None:
        """File `content` unless a message with its id is there. After a failure nothing more is tried in this run."""
        if not (self._is_wanted and message_id):
            return
        try:
            with imap.named_failures(self._credentials):
                self._file(content, message_id)
        except ProviderError as problem:
            self._is_wanted = False
            log.warning("copy.not_filed", mailbox=self._credentials.email, problem=problem.reason)
            self.close()

    def close(self) -> None:
        """Give the connection back."""
        if self._client is not None:
            imap.leave(self._client)
            self._client = None

    def _file(self, content: bytes, message_id: str) -> None:
        client = self._client or self._opened()
        if not self._folder:
            self._is_wanted = False  # the mailbox has no such folder, and inventing one is not ours
        elif not client.search(
            cast("str", ("HEADER", "Message-ID", message_id))
        ):  # its hints name texts only
            client.append(self._folder, content, [SEEN], self._context.now())

    def _opened(self) -> IMAPClient:
        self._client = imap.connect(self._credentials, self._context)
        self._folder = folders_of(self._client).sent or ""
        if self._folder:
            self._client.select_folder(self._folder, readonly=True)
        return self._client
