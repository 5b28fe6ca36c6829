"""Reading a mailbox by IMAP (RFC 3501): what arrived since last time, and what was really sent."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.imapclient import SENT

from loumass.core.network import AddressRefused
from loumass.providers.base import FetchedBatch, ProviderContext, StoredItem
from loumass.providers.errors import Disconnected, Unavailable
from loumass.providers.smtp.credentials import SmtpCredentials

BATCH = 50
BATCH_BYTES = 20 * 1024 * 1024
MAXIMUM_MESSAGE = 40 * 1024 * 1024
#: UIDs looked at in one search, so that a huge mailbox cannot answer with a huge line.
UID_WINDOW = 5_000
_OVERLAP = timedelta(days=2)
_INBOX = "INBOX"


class Mailbox:
    """A logged-in IMAP connection that changes nothing. Open with `open_mailbox`."""

    def __init__(self, client: IMAPClient, context: ProviderContext) -> None:
        self._client = client
        self._now = context.now

    def sent_folder(self) -> str | None:
        """The folder where this mailbox keeps what it sent, if it can be told."""
        return self._client.find_special_folder(SENT)

    def holds(self, folder: str, message_id: str) -> bool:
        """Whether a message with this Message-ID (without brackets) is in `folder`."""
        self._client.select_folder(folder, readonly=True)
        return bool(self._search("HEADER", "Message-ID", message_id))

    def fetch(self, cursor: Mapping[str, Any]) -> FetchedBatch:
        """New messages of the inbox and the Sent folder, oldest first, in a bounded batch.

        The cursor keeps, per folder, UIDVALIDITY and the next UID to look at. A folder met for the
        first time starts at its end. When UIDVALIDITY changes, UIDs mean nothing any more: the last
        days are read again, and identities (a hash of the message) tell what is known.
        """
        folders: dict[str, Any] = dict(cursor.get("folders", {}))
        items: list[StoredItem] = []
        more = False
        sent = self.sent_folder()
        for name in dict.fromkeys(folder for folder in (_INBOX, sent) if folder):
            found, folders[name], has_more = self._fetch_folder(
                name, folders.get(name), name == sent, len(items)
            )
            items += found
            more = more or has_more
        return FetchedBatch(items, {"folders": folders}, more)

    def _fetch_folder(
        self, name: str, known: Mapping[str, Any] | None, is_sent: bool, taken: int
    ) -> tuple[list[StoredItem], dict[str, Any], bool]:
        status = self._client.select_folder(name, readonly=True)
        validity, end = int(status.get(b"UIDVALIDITY", 0)), self._end(status)
        today = self._now().date()
        if known is None:
            return [], _position(validity, end, today), False
        start = int(known["next"])
        if int(known["validity"]) != validity:
            start = self._first_since(date.fromisoformat(known["day"]) - _OVERLAP, end)
        items, following = self._read(start, end, is_sent, BATCH - taken)
        return items, _position(validity, following, today), following < end

    def _end(self, status: Mapping[bytes, Any]) -> int:
        """The UID that the next arriving message will have at least."""
        if status.get(b"UIDNEXT"):
            return int(status[b"UIDNEXT"])
        return max(self._search("UID", "1:*"), default=0) + 1

    def _first_since(self, day: date, end: int) -> int:
        # SENTSINCE too: a server that rebuilt its mailbox may have dated every message today.
        found = self._search("SINCE", day, "SENTSINCE", day - _OVERLAP * 7)
        return min(found, default=end)

    def _read(self, start: int, end: int, is_sent: bool, room: int) -> tuple[list[StoredItem], int]:
        """Messages with UIDs from `start`, and the UID to go on with (`end` when all was read)."""
        if start >= end:
            return [], end
        if room <= 0:
            return [], start
        window_end = min(start + UID_WINDOW, end)
        found = self._search("UID", f"{start}:{window_end - 1}")
        uids = sorted(uid for uid in found if start <= uid < window_end)
        chosen = self._within_budget(uids[:room])
        items = self._items(chosen, is_sent)
        return items, (window_end if len(chosen) == len(uids) else uids[len(chosen)])

    def _within_budget(self, uids: list[int]) -> list[int]:
        """As many as fit into a batch's bytes, at least one."""
        sizes = self._ask(uids, "RFC822.SIZE") if uids else {}
        total = 0
        for position, uid in enumerate(uids):
            total += min(int(sizes.get(uid, {}).get(b"RFC822.SIZE", 0)), MAXIMUM_MESSAGE)
            if total > BATCH_BYTES and position:
                return uids[:position]
        return uids

    def _items(self, uids: list[int], is_sent: bool) -> list[StoredItem]:
        if not uids:
            return []
        partial = f"BODY.PEEK[]<0.{MAXIMUM_MESSAGE}>"
        answers = self._ask(uids, partial, "INTERNALDATE")
        return [_item(uid, answers[uid], is_sent, self._now()) for uid in uids if uid in answers]

    def _search(self, *criteria: str | date) -> list[int]:
        return list(self._client.search(cast("str", criteria)))  # it takes sequences; its hints do not say so

    def _ask(self, uids: list[int], *parts: str) -> dict[int, dict[bytes, Any]]:
        return cast("dict[int, dict[bytes, Any]]", self._client.fetch(uids, parts))


@contextmanager
def open_mailbox(credentials: SmtpCredentials, context: ProviderContext) -> Iterator[Mailbox]:
    """Log in, and log out at the end. Raises Unavailable or Disconnected, also for what happens inside."""
    host, port = credentials.imap_host, credentials.imap_port
    with _named_failures(host, port):
        client = _GuardedImap(credentials, context)
        try:
            if credentials.imap_security == "starttls":
                client.starttls(context.open_tls())
            _log_in(client, *credentials.imap_login)
            yield Mailbox(client, context)
        finally:
            _leave(client)


class _GuardedImap(IMAPClient):
    def __init__(self, credentials: SmtpCredentials, context: ProviderContext) -> None:
        self._context = context
        super().__init__(
            credentials.imap_host,
            port=credentials.imap_port,
            ssl=credentials.imap_security == "implicit",
            ssl_context=context.open_tls(),
            timeout=context.timeout,
        )
        self.normalise_times = False

    def _create_IMAP4(self) -> IMAP4WithTimeout:  # noqa: N802  IMAPClient's name
        context, tls = self._context, self.ssl_context if self.ssl else None

        class GuardedImap4(IMAP4WithTimeout):
            def _create_socket(self, timeout: float | None = None) -> socket.socket:
                plain = context.dial(self.host, self.port, context.timeout)
                if tls is None:
                    return plain
                try:
                    return tls.wrap_socket(plain, server_hostname=self.host)
                except BaseException:
                    plain.close()
                    raise

        return GuardedImap4(self.host, self.port, context.timeout)


@contextmanager
def _named_failures(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as problem:
        raise Disconnected(f"The certificate of {host} is not valid: {problem.verify_message}.") from problem
    except ssl.SSLError as problem:
        raise Disconnected(f"{host}:{port} does not speak TLS like this: {problem.reason}.") from problem
    except (AddressRefused, CapabilityError) as problem:
        raise Disconnected(f"{host}:{port}: {problem}") from problem
    except TimeoutError as problem:
        raise Unavailable(f"{host}:{port} does not answer.") from problem
    except (IMAPClientError, OSError) as problem:
        raise Unavailable(f"{host}:{port}: {problem}") from problem


def _log_in(client: IMAPClient, username: str, password: str) -> None:
    try:
        client.login(username, password)
    except LoginError as problem:
        if any(
            code in str(problem).upper() for code in ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
        ):
            raise Unavailable(f"The IMAP server cannot log us in now: {problem}") from problem
        raise Disconnected(f"The IMAP server refused user name or password: {problem}") from problem


def _leave(client: IMAPClient) -> None:
    try:
        client.logout()
    except (IMAPClientError, OSError):
        client.shutdown()  # it was closed from the other side


def _position(validity: int, following: int, day: date) -> dict[str, Any]:
    return {"validity": validity, "next": following, "day": day.isoformat()}


def _item(uid: int, answer: Mapping[bytes, Any], is_sent: bool, now: datetime) -> StoredItem:
    body = next((value for key, value in answer.items() if key.startswith(b"BODY[]")), b"") or b""
    arrived = answer.get(b"INTERNALDATE")
    received_at = arrived.astimezone(UTC) if isinstance(arrived, datetime) else now
    return StoredItem(
        identity=f"mail:{hashlib.sha256(body).hexdigest()}",
        body=body,
        received_at=min(received_at, now),
        meta={"uid": uid, "is_sent": is_sent},
    )
