"""Microsoft's calls. They carry no signature: what proves them is a secret that we gave with the subscription."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from loumass.core.secrets import mac
from loumass.providers.base import HookAnswer, HookRequest
from loumass.providers.errors import Forged
from loumass.providers.events import MailboxChanged

#: What a subscription lives through (https://learn.microsoft.com/graph/change-notifications-lifecycle-events): after these
#: nothing more comes until it is renewed, or made anew.
_ENDING = frozenset({"reauthorizationRequired", "subscriptionRemoved"})
_LONGEST_GREETING = 4_000


def client_state(hook_url: str) -> str:
    """What Microsoft repeats in each call to `hook_url`, and nobody else can know."""
    return base64.urlsafe_b64encode(mac("outlook hook", hook_url.encode(), 32)).rstrip(b"=").decode()


def greeted(hook: HookRequest) -> HookAnswer | None:
    """The token that a call brought to see whether we are there, as it is meant; None for all other calls."""
    _, _, query = hook.target.partition("?")
    tokens = parse_qs(query[:_LONGEST_GREETING]).get("validationToken")
    return HookAnswer(tokens[0].encode()) if tokens else None


def verify(hook: HookRequest, public_url: str, hook_url: str) -> None:
    """Raises Forged unless the call came to `hook_url`, with the secret of that address in each notification."""
    if not hook_url or not hmac.compare_digest(f"{public_url}{hook.target}".encode(), hook_url.encode()):
        raise Forged("the call is for another address")
    told = _notifications(hook.body)
    expected = client_state(hook_url).encode()
    if not told:
        raise Forged("the call tells nothing")
    given = [str(one.get("clientState") or "").encode(errors="replace") for one in told]
    if not all(hmac.compare_digest(one, expected) for one in given):
        raise Forged("the call does not carry our secret")


def identity(hook: HookRequest, now: datetime) -> str:
    """What the call tells of. News of the subscription itself have no mark of their own and may come again: those of one
    hour count as one."""
    told = [_named(one, now) for one in _notifications(hook.body)]
    content = json.dumps(sorted(told)).encode() if told else hook.body
    return f"graph:{hashlib.sha256(content).hexdigest()}"


def change(body: bytes) -> MailboxChanged:
    """Something arrived; or Microsoft will say no more of what does."""
    return MailboxChanged(
        is_unwatched=any(one.get("lifecycleEvent") in _ENDING for one in _notifications(body))
    )


def _named(told: Mapping[str, Any], now: datetime) -> list[str]:
    subscription = str(told.get("subscriptionId"))
    if told.get("lifecycleEvent"):
        return [subscription, str(told["lifecycleEvent"]), f"{now:%Y-%m-%dT%H}"]
    named = told.get("resourceData")
    details: Mapping[str, Any] = named if isinstance(named, dict) else {}
    return [subscription, str(told.get("changeType")), str(details.get("id") or told.get("resource"))]


def _notifications(body: bytes) -> list[dict[str, Any]]:
    try:
        told = json.loads(body)["value"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        return []
    return told
