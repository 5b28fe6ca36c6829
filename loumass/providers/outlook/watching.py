"""Subscriptions: Microsoft's promises to call us when something arrives in a folder
(https://learn.microsoft.com/graph/change-notifications-delivery-webhooks)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from loumass.providers.base import Watch
from loumass.providers.errors import ProviderError
from loumass.providers.outlook.api import Api
from loumass.providers.outlook.errors import Gone
from loumass.providers.outlook.inbound import client_state
from loumass.providers.outlook.reading import FOLDERS

#: Promises for a mailbox's messages last seven days at most.
LONGEST = timedelta(days=6)
log = structlog.get_logger("outlook")


def watch(api: Api, state: Mapping[str, Any], hook_url: str, now: datetime) -> Watch | None:
    """One subscription for each folder, renewed where `state` has it. None without an address that Microsoft calls: it
    wants https. Raises ProviderError; then none is left that nobody knows of."""
    if not hook_url.startswith("https://"):
        return None
    mark = hashlib.sha256(f"{client_state(hook_url)} {hook_url}".encode()).hexdigest()[:32]
    known: Mapping[str, Any] = state.get("subscriptions") or {} if state.get("for") == mark else {}
    promised: dict[str, dict[str, Any]] = {}
    new: list[str] = []
    try:
        for folder in FOLDERS:
            renewed = _renewed(api, str(known[folder]), now) if folder in known else None
            promised[folder] = renewed or _made(api, folder, hook_url, now)
            if renewed is None:
                new.append(str(promised[folder]["id"]))
    except ProviderError:
        _take_back(api, new)
        raise
    ids = {folder: str(one["id"]) for folder, one in promised.items()}
    return Watch(min(_end(one, now) for one in promised.values()), {"subscriptions": ids, "for": mark})


def unwatch(api: Api, state: Mapping[str, Any]) -> None:
    """End the subscriptions of `state`; one that ended already is no trouble."""
    _take_back(api, [str(one) for one in (state.get("subscriptions") or {}).values()])


def _renewed(api: Api, subscription_id: str, now: datetime) -> dict[str, Any] | None:
    """The subscription with more time, which also authorizes it anew; None when it has ended."""
    try:
        told = api.patch(f"/subscriptions/{subscription_id}", {"expirationDateTime": _until(now)})
    except Gone:
        return None
    return {"id": subscription_id, **told}


def _made(api: Api, folder: str, hook_url: str, now: datetime) -> dict[str, Any]:
    return api.post(
        "/subscriptions",
        {
            "changeType": "created",
            "notificationUrl": hook_url,
            "lifecycleNotificationUrl": hook_url,
            "resource": f"me/mailFolders('{folder}')/messages",
            "expirationDateTime": _until(now),
            "clientState": client_state(hook_url),
        },
    )


def _take_back(api: Api, subscription_ids: list[str]) -> None:
    for subscription_id in subscription_ids:
        try:
            api.delete(f"/subscriptions/{subscription_id}")
        except ProviderError as problem:
            log.info("outlook.subscription_left", subscription=subscription_id, problem=problem.reason)


def _until(now: datetime) -> str:
    return f"{now + LONGEST:%Y-%m-%dT%H:%M:%S}Z"


def _end(told: Mapping[str, Any], now: datetime) -> datetime:
    try:
        return datetime.fromisoformat(str(told.get("expirationDateTime")))
    except ValueError:
        return now + LONGEST
