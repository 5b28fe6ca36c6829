"""Gmail's notifications by Pub/Sub push (https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions)."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import datetime
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from loumass.core.http import whole_answer
from loumass.core.network import AddressRefused
from loumass.providers.base import HookRequest, ProviderContext
from loumass.providers.errors import Forged

KEYS = "https://www.googleapis.com"
ISSUERS = ("https://accounts.google.com", "accounts.google.com")
#: Clocks differ; and keys are asked for again after so long, at most so often.
_LEEWAY_SECONDS, _KEYS_SECONDS, _AGAIN_SECONDS = 60, 3600.0, 30.0


class _Keys:
    """Google's public keys, as this process last got them from `url`."""

    def __init__(self) -> None:
        self.url, self.asked_at, self.set = "", 0.0, None

    url: str
    asked_at: float
    set: KeySet | None

    def is_old(self, url: str, key_id: str) -> bool:
        """Whether to ask again: never asked, long ago, or a key that we do not know."""
        if self.set is None or self.url != url:
            return True
        age = time.monotonic() - self.asked_at
        is_known = any(key.kid == key_id for key in self.set.keys)
        return age > _KEYS_SECONDS or (not is_known and age > _AGAIN_SECONDS)


_keys = _Keys()


def look_up(hook: HookRequest, context: ProviderContext) -> None:
    """Fetch Google's keys where those at hand will not do. A Google that does not answer leaves what was known."""
    url = context.base_urls.get("google_accounts", KEYS).rstrip("/") + "/oauth2/v3/certs"
    if not _keys.is_old(url, _key_id(_token(hook))):
        return
    try:
        with context.open_http() as http:
            answer = whole_answer(http, "GET", url, timeout=context.timeout)
        found = KeySet.import_key_set(answer.json())
    except (httpx2.TransportError, AddressRefused, ValueError, KeyError, JoseError):
        return
    _keys.url, _keys.asked_at, _keys.set = url, time.monotonic(), found


def verify(hook: HookRequest, audience: str, pusher: str, now: datetime) -> None:
    """Raises Forged unless the call carries Google's token for `audience`, given to the service account `pusher`."""
    if not pusher:
        raise Forged("no service account pushes to this mailbox")
    if _keys.set is None:
        raise Forged("Google's keys are not known")
    try:
        told = jwt.decode(_token(hook), _keys.set, algorithms=["RS256"]).claims
    except (JoseError, ValueError) as problem:
        raise Forged(f"the token is not Google's: {type(problem).__name__}") from problem
    moment = now.timestamp()
    if told.get("iss") not in ISSUERS:
        raise Forged("the token comes from somebody else")
    if told.get("aud") != audience:
        raise Forged("the token is for somebody else")
    if told.get("email") != pusher or told.get("email_verified") is not True:
        raise Forged("the token belongs to another account")
    if not _is_number(told.get("exp")) or told["exp"] + _LEEWAY_SECONDS < moment:
        raise Forged("the token has ended")
    if not _is_number(told.get("iat")) or told["iat"] - _LEEWAY_SECONDS > moment:
        raise Forged("the token comes from the future")


def mailbox_of(hook: HookRequest) -> str:
    """The mailbox that the notification names, in lower case; empty when it names none."""
    told = _told(hook)
    address = told.get("emailAddress")
    return address.lower() if isinstance(address, str) and "\0" not in address else ""


def identity(hook: HookRequest) -> str:
    """The notification's own id: the same for every repetition."""
    message = _message(hook)
    own = message.get("messageId") or message.get("message_id")
    return (
        f"push:{own}"[:200]
        if isinstance(own, str) and own
        else f"push:{hashlib.sha256(hook.body).hexdigest()}"
    )


def _told(hook: HookRequest) -> dict[str, Any]:
    try:
        told = json.loads(base64.urlsafe_b64decode(str(_message(hook).get("data") or "") + "==="))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _message(hook: HookRequest) -> dict[str, Any]:
    try:
        message = json.loads(hook.body)["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _token(hook: HookRequest) -> str:
    scheme, _, token = hook.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _key_id(token: str) -> str:
    head = token.partition(".")[0]
    try:
        told = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except ValueError:
        return ""
    return str(told.get("kid") or "") if isinstance(told, dict) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
