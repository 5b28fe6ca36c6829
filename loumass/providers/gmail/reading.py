"""What arrived in a Gmail mailbox: by its history, page by page; where Gmail forgot that (404), by time."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from loumass.providers.base import FetchedBatch, StoredItem
from loumass.providers.gmail.api import Api, Gone

#: Changes of one page, and so messages of one batch at most.
PAGE = 50
#: How far before the last good look a full look begins: clocks differ, and mail is filed late.
_OVERLAP = timedelta(hours=2)
_NOT_MAIL = frozenset({"DRAFT", "CHAT", "TRASH"})


def fetch(api: Api, cursor: Mapping[str, Any], now: datetime) -> FetchedBatch:
    """One page of what arrived. Raises ProviderError.

    The cursor holds `history` and `at` (when it was good), with `page` in the middle of one; during a full look `since`
    (seconds since 1970) and `then`, the history to go on with.
    """
    if not cursor.get("history") and not cursor.get("since"):
        return FetchedBatch([], _good(_newest(api), now), more=False)
    if cursor.get("since"):
        return _by_time(api, cursor, now)
    try:
        return _by_history(api, cursor, now)
    except Gone:
        at = datetime.fromisoformat(str(cursor["at"])) if cursor.get("at") else now - timedelta(days=7)
        whole = {"since": int((at - _OVERLAP).timestamp()), "then": _newest(api), "at": cursor.get("at")}
        return FetchedBatch([], whole, more=True)


def _by_history(api: Api, cursor: Mapping[str, Any], now: datetime) -> FetchedBatch:
    page = {"pageToken": cursor["page"]} if cursor.get("page") else {}
    told = api.ask(
        "history",
        lambda users: users.history().list(
            userId="me",
            startHistoryId=cursor["history"],
            historyTypes=["messageAdded"],
            maxResults=PAGE,
            **page,
        ),
    )
    added = [
        one["message"] for change in told.get("history") or [] for one in change.get("messagesAdded") or []
    ]
    items = _items(api, [one for one in added if _NOT_MAIL.isdisjoint(one.get("labelIds") or ())])
    if told.get("nextPageToken"):
        return FetchedBatch(items, {**cursor, "page": told["nextPageToken"]}, more=True)
    return FetchedBatch(items, _good(str(told.get("historyId") or cursor["history"]), now), more=False)


def _by_time(api: Api, cursor: Mapping[str, Any], now: datetime) -> FetchedBatch:
    page = {"pageToken": cursor["page"]} if cursor.get("page") else {}
    told = api.ask(
        "list",
        lambda users: users.messages().list(
            userId="me",
            q=f"after:{cursor['since']} -in:drafts",
            includeSpamTrash=True,
            maxResults=PAGE,
            **page,
        ),
    )
    items = _items(api, told.get("messages") or [])
    if told.get("nextPageToken"):
        return FetchedBatch(items, {**cursor, "page": told["nextPageToken"]}, more=True)
    # What came while we looked is in the history from before.
    return FetchedBatch(items, _good(str(cursor["then"]), now), more=True)


def _newest(api: Api) -> str:
    return str(api.ask("profile", lambda users: users.getProfile(userId="me")).get("historyId") or "1")


def _good(history: str, now: datetime) -> dict[str, Any]:
    return {"history": history, "at": now.isoformat()}


def _items(api: Api, listed: list[dict[str, Any]]) -> list[StoredItem]:
    ids = dict.fromkeys(str(one["id"]) for one in listed)
    return [item for message_id in ids if (item := _item(api, message_id)) is not None]


def _item(api: Api, message_id: str) -> StoredItem | None:
    """The whole mail; None when it is gone by now, or none."""
    try:
        told = api.ask("get", lambda users: users.messages().get(userId="me", id=message_id, format="raw"))
    except Gone:
        return None
    labels = set(told.get("labelIds") or ())
    if labels & _NOT_MAIL:
        return None
    raw = str(told.get("raw") or "")
    return StoredItem(
        identity=f"mail:{message_id}",
        body=base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)),
        received_at=datetime.fromtimestamp(int(told.get("internalDate") or 0) / 1000, UTC),
        meta={
            "kind": "mail",
            "id": message_id,
            "thread": str(told.get("threadId") or ""),
            "is_sent": "SENT" in labels,
            "is_junk": "SPAM" in labels,
        },
    )
