"""Reading a mailbox by IMAP (RFC 3501): what arrived since last time, and what was really sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from imapclient import IMAPClient

from loumass.providers.base import FetchedBatch, ProviderContext, StoredItem
from loumass.providers.smtp import imap
from loumass.providers.smtp.credentials import SmtpCredentials
from loumass.providers.smtp.folders import INBOX, folders_of

BATCH = 50
BATCH_BYTES = 20 * 1024 * 1024
MAXIMUM_MESSAGE = 40 * 1024 * 1024
#: UIDs looked at in one search, so that a huge mailbox cannot answer with a huge line.
UID_WINDOW = 5_000
_OVERLAP = timedelta(days=2)
#: What an item says of the folder it lay in.
_KINDS: dict[str, dict[str, bool]] = {"inbox": {}, "sent": {"is_sent": True}, "junk": {"is_junk": True}}


class Mailbox:
    """A logged-in IMAP connection that changes nothing. Open with `open_mailbox`."""

    def __init__(self, client: IMAPClient, context: ProviderContext) -> None:
        self._client = client
        self._now = context.now
        self._folders = folders_of(client)

    def sent_folder(self) -> str | None:
        """The folder where this mailbox keeps what it sent, if it can be told."""
        return self._folders.sent

    def holds(self, folder: str, message_id: str) -> bool:
        """Whether a message with this Message-ID (without brackets) is in `folder`."""
        self._client.select_folder(folder, readonly=True)
        return bool(self._search("HEADER", "Message-ID", message_id))

    def fetch(self, cursor: Mapping[str, Any]) -> FetchedBatch:
        """New messages of the inbox, Junk (where bounces and answers land too) and Sent, oldest first, bounded.

        The cursor keeps, per folder, UIDVALIDITY and the next UID to look at. A folder met for the
        first time starts at its end. When UIDVALIDITY changes, UIDs mean nothing any more: the last
        days are read again, and identities (a hash of the message) tell what is known.
        """
        positions: dict[str, Any] = dict(cursor.get("folders", {}))
        items: list[StoredItem] = []
        more = False
        wanted = ((INBOX, "inbox"), (self._folders.junk, "junk"), (self._folders.sent, "sent"))
        for name, kind in wanted:
            if name is None:
                continue
            found, positions[name], has_more = self._fetch_folder(name, positions.get(name), kind, len(items))
            items += found
            more = more or has_more
        return FetchedBatch(items, {"folders": positions}, more)

    def _fetch_folder(
        self, name: str, known: Mapping[str, Any] | None, kind: str, taken: int
    ) -> tuple[list[StoredItem], dict[str, Any], bool]:
        status = self._client.select_folder(name, readonly=True)
        validity, end = int(status.get(b"UIDVALIDITY", 0)), self._end(status)
        today = self._now().date()
        if known is None:
            return [], _position(validity, end, today), False
        start = int(known["next"])
        if int(known["validity"]) != validity:
            start = self._first_since(date.fromisoformat(known["day"]) - _OVERLAP, end)
        items, following = self._read(start, end, kind, BATCH - taken)
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

    def _read(self, start: int, end: int, kind: str, room: int) -> tuple[list[StoredItem], int]:
        """Messages with UIDs from `start`, and the UID to go on with (`end` when all was read)."""
        if start >= end:
            return [], end
        if room <= 0:
            return [], start
        window_end = min(start + UID_WINDOW, end)
        found = self._search("UID", f"{start}:{window_end - 1}")
        uids = sorted(uid for uid in found if start <= uid < window_end)
        chosen = self._within_budget(uids[:room])
        items = self._items(chosen, kind)
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

    def _items(self, uids: list[int], kind: str) -> list[StoredItem]:
        if not uids:
            return []
        partial = f"BODY.PEEK[]<0.{MAXIMUM_MESSAGE}>"
        answers = self._ask(uids, partial, "INTERNALDATE")
        return [_item(uid, answers[uid], kind, self._now()) for uid in uids if uid in answers]

    def _search(self, *criteria: str | date) -> list[int]:
        return list(self._client.search(cast("str", criteria)))  # it takes sequences; its hints do not say so

    def _ask(self, uids: list[int], *parts: str) -> dict[int, dict[bytes, Any]]:
        return cast("dict[int, dict[bytes, Any]]", self._client.fetch(uids, parts))


@contextmanager
def open_mailbox(credentials: SmtpCredentials, context: ProviderContext) -> Iterator[Mailbox]:
    """Log in, and log out at the end. Raises Unavailable or Disconnected, also for what happens inside."""
    client = imap.connect(credentials, context)
    try:
        with imap.named_failures(credentials):
            yield Mailbox(client, context)
    finally:
        imap.leave(client)


def _position(validity: int, following: int, day: date) -> dict[str, Any]:
    return {"validity": validity, "next": following, "day": day.isoformat()}


def _item(uid: int, answer: Mapping[bytes, Any], kind: str, now: datetime) -> StoredItem:
    body = next((value for key, value in answer.items() if key.startswith(b"BODY[]")), b"") or b""
    arrived = answer.get(b"INTERNALDATE")
    received_at = arrived.astimezone(UTC) if isinstance(arrived, datetime) else now
    # Junk has names of its own: what somebody moves from there to the inbox is to be understood anew.
    named = "junk" if kind == "junk" else "mail"
    return StoredItem(
        identity=f"{named}:{hashlib.sha256(body).hexdigest()}",
        body=body,
        received_at=min(received_at, now),
        meta={"uid": uid, **_KINDS[kind]},
    )
