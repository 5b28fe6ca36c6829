"""What arrived in an Outlook mailbox: by what changed in each folder (https://learn.microsoft.com/graph/delta-query-messages);
where Outlook forgot how far we had read (410), by time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import structlog

from loumass.providers.base import FetchedBatch, StoredItem
from loumass.providers.errors import ProviderError, Rejected
from loumass.providers.outlook.api import Api
from loumass.providers.outlook.drafts import path_of
from loumass.providers.outlook.errors import Forgotten, Gone

#: Where mail is looked for; all have these names in every language.
INBOX, JUNK, SENT = "inbox", "junkemail", "sentitems"
FOLDERS = (INBOX, JUNK, SENT)
#: Messages of one page, and so of one batch at most; a batch ends sooner once it has so many bytes.
PAGE, BATCH_BYTES = 25, 20 * 1024 * 1024
#: Pages that bring nothing, of one batch.
MOST_PAGES = 12
#: Of a larger one, the rest is left out.
MAXIMUM_MESSAGE = 40 * 1024 * 1024
#: How far before the last good look a look by time begins: mail is filed late, and clocks differ.
_OVERLAP, _CLOCKS_DIFFER = timedelta(hours=2), timedelta(minutes=2)
log = structlog.get_logger("outlook")
_SHOWN = "id,receivedDateTime,conversationId,isDraft"


@dataclass(slots=True)
class _Walk:
    """One walk through the folders, perhaps in the middle of it."""

    #: When the last walk that came to its end began: everything before that was read.
    at: datetime
    began: datetime
    #: The folder whose turn it is.
    turn: int = 0
    #: Folder -> where to go on.
    links: dict[str, str] = field(default_factory=dict)
    #: What is still to be fetched of the page before: folder, id, time and conversation.
    left: list[list[str]] = field(default_factory=list)

    @classmethod
    def of(cls, cursor: Mapping[str, Any], now: datetime) -> Self:
        """The walk that `cursor` stands in, or a new one."""
        at = datetime.fromisoformat(str(cursor["at"]))
        links = dict(cursor.get("links") or {})
        if not cursor.get("began"):
            return cls(at, now, links=links)
        left = [[str(part) for part in one] for one in cursor.get("left") or []]
        return cls(at, datetime.fromisoformat(str(cursor["began"])), int(cursor["turn"]), links, left)

    @property
    def is_over(self) -> bool:
        return self.turn == len(FOLDERS) and not self.left

    def cursor(self) -> dict[str, Any]:
        if self.is_over:
            return {"at": self.began.isoformat(), "links": self.links}
        began = self.began.isoformat()
        return {
            "at": self.at.isoformat(),
            "began": began,
            "turn": self.turn,
            "links": self.links,
            "left": self.left,
        }


def fetch(api: Api, cursor: Mapping[str, Any], now: datetime) -> FetchedBatch:
    """Some of what arrived. Raises ProviderError. An empty cursor becomes this moment."""
    if not cursor.get("at"):
        return FetchedBatch([], {"at": now.isoformat()}, more=False)
    walk = _Walk.of(cursor, now)
    items = _items(api, walk)
    for _ in range(MOST_PAGES):
        if items or walk.is_over:
            break
        _turn_page(api, walk)
        items = _items(api, walk)
    return FetchedBatch(items, walk.cursor(), more=not walk.is_over)


def _turn_page(api: Api, walk: _Walk) -> None:
    """Look at the next page of the folder whose turn it is."""
    folder = FOLDERS[walk.turn]
    try:
        told = _page(api, folder, walk)
    except Forgotten:
        told = _since(api, folder, walk.at - _OVERLAP)
    walk.left = [_entry(folder, one) for one in told.get("value") or [] if _is_mail(one)]
    if following := told.get("@odata.nextLink"):
        walk.links[folder] = str(following)
        return
    # A look by time ends without a word: next time, what changed since this walk began.
    walk.links.pop(folder, None)
    if done := told.get("@odata.deltaLink"):
        walk.links[folder] = str(done)
    walk.turn += 1


def _page(api: Api, folder: str, walk: _Walk) -> dict[str, Any]:
    link = walk.links.get(folder)
    if not link:
        since = _written(walk.at - _CLOCKS_DIFFER)
        query = {"changeType": "created", "$filter": f"receivedDateTime ge {since}", "$select": _SHOWN}
        return api.get(f"/me/mailFolders/{folder}/messages/delta", query, page=PAGE)
    if not link.startswith(f"{api.base_url}/"):
        raise Forgotten("Graph is asked at another address now.")
    return api.get(link, page=PAGE)


def _since(api: Api, folder: str, since: datetime) -> dict[str, Any]:
    """The first page of all that came into `folder`, however much that is: changes since a time end at 5,000 messages."""
    chosen = {"$filter": f"receivedDateTime ge {_written(since)}", "$orderby": "receivedDateTime"}
    return api.get(f"/me/mailFolders/{folder}/messages", {**chosen, "$select": _SHOWN}, page=PAGE)


def _items(api: Api, walk: _Walk) -> list[StoredItem]:
    """What is left of the page, as much as one batch takes."""
    items: list[StoredItem] = []
    size = 0
    while walk.left and size < BATCH_BYTES:
        try:
            item = _item(api, walk.left[0], walk.began)
        except ProviderError:
            if items:
                break  # these are kept, and the next batch says what is wrong
            raise
        del walk.left[0]
        if item is not None:
            items.append(item)
            size += len(item.body)
    return items


def _item(api: Api, entry: list[str], now: datetime) -> StoredItem | None:
    """The whole mail; None when it is gone by now, or Outlook will never give it as a mail."""
    folder, message_id, received, conversation = entry
    try:
        body = api.raw(f"{path_of(message_id)}/$value", MAXIMUM_MESSAGE)
    except Gone:
        return None
    except Rejected as problem:
        log.warning("outlook.unreadable", message=message_id, problem=problem.reason)
        return None
    is_junk = folder == JUNK
    return StoredItem(
        # What a person takes out of the junk is read once more.
        identity=f"{'junk' if is_junk else 'mail'}:{message_id}",
        body=body,
        received_at=_read(received, now),
        meta={
            "kind": "mail",
            "id": message_id,
            "thread": conversation,
            "is_sent": folder == SENT,
            "is_junk": is_junk,
        },
    )


def _is_mail(told: Mapping[str, Any]) -> bool:
    return bool(told.get("id")) and "@removed" not in told and not told.get("isDraft")


def _entry(folder: str, told: Mapping[str, Any]) -> list[str]:
    return [folder, str(told["id"]), str(told.get("receivedDateTime")), str(told.get("conversationId") or "")]


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _read(moment: str, otherwise: datetime) -> datetime:
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return otherwise
    return read if read.tzinfo else read.replace(tzinfo=UTC)
