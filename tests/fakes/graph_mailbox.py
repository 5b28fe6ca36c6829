"""A mailbox as Exchange keeps it: folders with their changes, drafts that become sent messages, ids that stay."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import getaddresses
from threading import RLock
from typing import Any

FOLDERS = ("inbox", "junkemail", "sentitems", "drafts", "outbox", "deleteditems")


@dataclass
class Item:
    """One message. `folder` is where it lies; empty once it is gone for good."""

    id: str
    mime: bytes
    folder: str
    received_at: datetime
    conversation_id: str
    message_id: str
    is_draft: bool = False

    @property
    def to(self) -> str:
        """The first address that it goes to."""
        headers = message_from_bytes(self.mime).get_all("To") or [""]
        return next((address for _, address in getaddresses([str(one) for one in headers]) if address), "")

    def shown(self) -> dict[str, Any]:
        """As Graph shows it."""
        return {
            "id": self.id,
            "receivedDateTime": f"{self.received_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z",
            "conversationId": self.conversation_id,
            "internetMessageId": f"<{self.message_id}>",
            "parentFolderId": folder_id(self.folder),
            "isDraft": self.is_draft,
        }


@dataclass
class Mailbox:
    """`renames` gives a message another Message-ID, as Exchange does to some."""

    address: str
    now: Callable[[], datetime]
    renames: Callable[[str], str] = field(default=lambda message_id: message_id)
    items: dict[str, Item] = field(default_factory=dict)
    #: Folder -> what happened there: a message's id, and what (`created`, `updated`, `deleted`).
    changes: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {name: [] for name in FOLDERS})
    lock: RLock = field(default_factory=RLock)

    def put(self, mime: bytes, folder: str = "inbox", *, received_at: datetime | None = None) -> Item:
        """A new message in `folder`."""
        with self.lock:
            headers = message_from_bytes(mime)
            named = str(headers.get("Message-ID") or "").strip().strip("<>")
            message_id = named or f"none-{len(self.items)}@exchange.example"
            if folder == "drafts":
                given, message_id = message_id, self.renames(message_id)
                mime = mime.replace(
                    f"Message-ID: <{given}>".encode(), f"Message-ID: <{message_id}>".encode(), 1
                )
            item = Item(
                f"AAk-{len(self.items):05d}=",
                mime,
                folder,
                received_at or self.now(),
                conversation_of(str(headers.get("Subject") or "")),
                message_id,
                is_draft=folder == "drafts",
            )
            self.items[item.id] = item
            self.changes[folder].append((item.id, "created"))
            return item

    def move(self, item: Item, folder: str) -> None:
        """Into another folder, with its id."""
        with self.lock:
            self.changes[item.folder].append((item.id, "deleted"))
            item.folder = folder
            if folder:
                self.changes[folder].append((item.id, "created"))

    def file_sent(self, item: Item) -> None:
        """A draft went."""
        with self.lock:
            item.is_draft, item.received_at = False, self.now()
            self.move(item, "sentitems")

    def touch(self, item: Item) -> None:
        """Somebody read it."""
        with self.lock:
            self.changes[item.folder].append((item.id, "updated"))

    def of(self, folder: str) -> list[Item]:
        """What lies in `folder`, oldest first."""
        with self.lock:
            return [item for item in self.items.values() if item.folder == folder]

    def changed(self, folder: str, since: int, until: int, change: str) -> Iterator[dict[str, Any]]:
        """What happened in `folder` between two marks, each message once. What left is told of whatever was asked for."""
        with self.lock:
            told = dict(self.changes[folder][since:until])
            for item_id, happened in told.items():
                item = self.items[item_id]
                if item.folder != folder:
                    yield {"id": item_id, "@removed": {"reason": "deleted"}}
                elif not change or happened == change:
                    yield item.shown()


def folder_id(name: str) -> str:
    """The id of a folder, which is not its name."""
    return f"AAM-{name}" if name else ""


def conversation_of(subject: str) -> str:
    """Exchange puts what has one subject into one conversation, whoever it is with."""
    plain = subject.lower()
    while plain.startswith(("re:", "fw:")):
        plain = plain[3:].strip()
    return "AAQ" + hashlib.sha256(plain.encode()).hexdigest()[:20]
