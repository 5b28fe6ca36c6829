"""Gmail's errors in our words (https://developers.google.com/workspace/gmail/api/guides/handle-errors)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from loumass.providers.errors import Disconnected, ProviderError, Rejected, Throttled, Unavailable, Unknown

#: Reasons of a 403 or 429 that mean: slower.
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded"})
_BROKEN = {
    "accessNotConfigured": "The Gmail API is not switched on in the Google project of this sign-in.",
    "domainPolicy": "The Google Workspace of this mailbox does not allow this application.",
    "insufficientPermissions": "The sign-in does not allow reading and sending. Sign in again and allow both.",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "The sign-in does not allow reading and sending. Sign in again and allow both.",
    "forbidden": "Google does not allow this mailbox to be used.",
    "failedPrecondition": "This Google account has no Gmail.",
}
_RETRY_AFTER = re.compile(r"[Rr]etry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)")
#: A lock-out for too many messages lasts up to a day; it is asked again sooner, since Google does not say.
_DAILY = timedelta(hours=1)


def of_answer(
    status: int, body: bytes, headers: Mapping[str, str], now: datetime, *, sends: bool
) -> ProviderError:
    """What an answer that is no success means. `sends`: the request would have sent the message."""
    message, reason = _told(body)
    if status == 404 and sends:
        return Unknown("The draft is not there any more: it may have been sent.")
    if status >= 500 and sends:
        return Unknown(f"Gmail took the request and did not say what became of it ({status}).")
    return _refused(status, message, reason, _asked_for(message, headers, now))


def _refused(status: int, message: str, reason: str, asked_for: timedelta | None) -> ProviderError:
    if status == 401:
        return Disconnected("Google does not accept the sign-in any more. Sign in again.")
    if status == 429 or reason in _TOO_FAST:
        wait = _DAILY if reason in ("dailyLimitExceeded", "quotaExceeded") else timedelta(minutes=1)
        return Throttled(f"Gmail asks us to go slower: {message}", asked_for or wait)
    if status == 403 or (status == 400 and reason == "failedPrecondition"):
        return Disconnected(_BROKEN.get(reason, f"Google refuses this mailbox: {message}"))
    if status in (400, 413):
        is_address = "header" in message.lower() and any(
            name in message for name in ("To", "Cc", "recipient")
        )
        return Rejected(f"Gmail refused the message: {message}", str(status), address_is_dead=is_address)
    return Unavailable(f"Gmail cannot do it just now ({status}): {message}")


def _told(body: bytes) -> tuple[str, str]:
    """Google's sentence and its reason."""
    try:
        error: Any = json.loads(body)["error"]
        message = str(error.get("message") or "no reason given")
        details = [*(error.get("errors") or []), *(error.get("details") or [])]
        reason = next(
            (str(one["reason"]) for one in details if isinstance(one, dict) and one.get("reason")), ""
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return "no reason given", ""
    return message.splitlines()[0][:300], reason


def _asked_for(message: str, headers: Mapping[str, str], now: datetime) -> timedelta | None:
    seconds = headers.get("retry-after", "")
    if seconds.isascii() and seconds.isdigit() and len(seconds) < 7:
        return timedelta(seconds=max(int(seconds), 1))
    found = _RETRY_AFTER.search(message)
    if found is None:
        return None
    wait = datetime.fromisoformat(found[1].replace("Z", "+00:00")) - now
    return min(max(wait, timedelta(seconds=1)), timedelta(days=1))
