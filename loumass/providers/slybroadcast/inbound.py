"""What Slybroadcast calls us with: `var=session|number|status|reason|delivery time|carrier`, unsigned.

The secret in the address is the proof. Each drop has an address of its own that names our message, so that its call
settles also a drop whose session we never heard.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import UUID

from loumass.providers.base import HookRequest, StoredItem
from loumass.providers.errors import Forged
from loumass.providers.events import MessageBounced, MessageDelivered, ProviderEvent
from loumass.providers.slybroadcast import errors
from loumass.providers.slybroadcast.numbers import international, moment_of

_DELIVERED = frozenset({"ok", "delivered", "success", "successful", "completed"})
_FAILED = frozenset(
    {"failed", "failure", "fail", "undelivered", "error", "rejected", "cancelled", "canceled"}
)
_NAMES = ("session_id", "phone", "status", "reason", "delivery_time", "carrier")
#: What the fields are called where they do not come in one line.
_ALSO = {"session": "session_id", "c_phone": "phone", "callto": "phone", "call_to": "phone",
         "failure_reason": "reason", "reason_for_failure": "reason"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disposition:
    """What became of one drop."""

    session_id: str = ""
    phone: str = ""
    status: str = ""
    reason: str = ""
    delivery_time: str = ""
    carrier: str = ""

    @property
    def is_delivered(self) -> bool:
        """Whether it lies in the mailbox."""
        return self.status.lower() in _DELIVERED

    @property
    def is_failed(self) -> bool:
        """Whether it will not."""
        return self.status.lower() in _FAILED

    @property
    def identity(self) -> str:
        """The same however often, and on whichever way, it is told."""
        outcome = "delivered" if self.is_delivered else "failed" if self.is_failed else self.status.lower()
        return f"{self.session_id}:{self.phone}:{outcome}"


def own_address(hook_url: str, message_id: UUID, secret: bytes) -> str:
    """Where the drop of one message is told of."""
    return f"{hook_url}?{urlencode({'m': f'{message_id.hex}.{_mark(message_id, secret)}'})}"


def verify(hook: HookRequest, hook_url: str) -> None:
    """Raises Forged unless the call came to the address that only the vendor was told."""
    ours, called = urlsplit(hook_url).path, urlsplit(hook.target).path
    if not ours or not hmac.compare_digest(ours.encode(), called.encode("utf-8", "surrogateescape")):
        raise Forged("The call came to another address.")


def identity(body: bytes) -> str:
    """Of what the call tells; a hash of the body where that cannot be read."""
    told = read(body)
    if told.session_id and told.status:
        return told.identity
    return f"body:{hashlib.sha256(body).hexdigest()}"


def item_of_status(answer: str, now: datetime) -> StoredItem | None:
    """The answer to `callstatus` as if it had been called in; None while the drop is on its way."""
    _, _, line = answer.partition("var=")
    body = urlencode({"var": line.strip().strip('"')}).encode()
    told = read(body)
    if not told.session_id or not (told.is_delivered or told.is_failed):
        return None
    return StoredItem(identity=told.identity, body=body, received_at=now)


def parse(item: StoredItem, secret: bytes) -> list[ProviderEvent]:
    """Delivered, or not and why. Empty for what means nothing to us."""
    told, our_id = read(item.body), _named(str(item.meta.get("query", "")), secret)
    if not (told.session_id or our_id):
        return []
    about = {
        "at": min(moment_of(told.delivery_time) or item.received_at, item.received_at),
        "our_id": our_id,
        "provider_message_id": told.session_id,
        "recipient": international(told.phone),
    }
    if told.is_delivered:
        return [MessageDelivered(**about)]
    if not told.is_failed:
        return []
    is_dead = errors.is_dead(told.reason)
    reason = told.reason.rstrip(".") or "no reason given"
    carrier = f" ({told.carrier})" if told.carrier else ""
    return [
        MessageBounced(
            **about,
            permanent=is_dead,
            code="not_dropped",
            reason=f"It did not reach the mailbox: {reason}{carrier}.",
            address_is_dead=is_dead,
        )
    ]


def read(body: bytes) -> Disposition:
    """The disposition in `body`, as far as there is one."""
    fields = _fields(body)
    if "var" in fields:
        values = [value.strip() for value in fields["var"].split("|")]
        return Disposition(**{name: value[:300] for name, value in zip(_NAMES, values, strict=False)})
    known = {_ALSO.get(name.lower(), name.lower()): value.strip()[:300] for name, value in fields.items()}
    return Disposition(**{name: known[name] for name in _NAMES if name in known})


def _fields(body: bytes) -> dict[str, str]:
    text = body.decode("utf-8", "replace").replace("\x00", "")
    if text.lstrip().startswith("{"):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        return _plain(content) if isinstance(content, dict) else {}
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=50))
    except ValueError:
        return {}


def _plain(content: Mapping[object, object]) -> dict[str, str]:
    return {str(name): str(value) for name, value in content.items() if isinstance(value, str | int)}


def _named(query: str, secret: bytes) -> UUID | None:
    """Our message, where the address that was called is one that we made for it."""
    name, _, mark = parse_qs(query).get("m", [""])[0].partition(".")
    try:
        message_id = UUID(hex=name)
    except ValueError:
        return None
    is_ours = hmac.compare_digest(_mark(message_id, secret).encode(), mark.encode("utf-8", "replace"))
    return message_id if is_ours else None


def _mark(message_id: UUID, secret: bytes) -> str:
    return hmac.digest(secret, b"drop " + message_id.bytes, "sha256")[:10].hex()
