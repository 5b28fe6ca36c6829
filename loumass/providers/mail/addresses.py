"""E-mail addresses: comparing them, putting them on the wire, and envelope senders that name a message."""

from __future__ import annotations

import base64
import hmac
import re
from uuid import UUID

import idna

from loumass.core import secrets

_VERP = re.compile(r"^bounce\+([a-z2-7]+)@", re.IGNORECASE)
_FORBIDDEN = re.compile(r"[\s<>\x00-\x1f\x7f]")
_SPECIAL = re.compile(r'[()\[\]\\,;:"]')
_MAC_LENGTH = 10


def normalised(address: str) -> str:
    """`address` as it is compared: trimmed and case-folded."""
    return address.strip().strip("<>").casefold()


def is_plausible(address: str) -> bool:
    """Whether `address` can stand between angle brackets: one mailbox, one domain, no spaces or brackets."""
    local, at, domain = address.rpartition("@")
    return (
        bool(at and local and domain and not _FORBIDDEN.search(address))
        and len(address.encode()) <= 254
        and _is_quoted_well(local)
    )


def on_the_wire(address: str) -> str:
    """`address` with its domain in ASCII (IDNA 2008: `straße.example` is not `strasse.example`).

    Raises UnicodeError for an impossible domain.
    """
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


def bounce_address(message_id: UUID, domain: str) -> str:
    """The envelope sender that identifies `message_id` when it comes back (VERP)."""
    token = base64.b32encode(message_id.bytes + _mac(message_id)).decode().rstrip("=").lower()
    return f"bounce+{token}@{domain}"


def message_of(address: str) -> UUID | None:
    """Our message that a bounce address names; None when it is not ours or was tampered with."""
    match = _VERP.match(address.strip().strip("<>"))
    if not match:
        return None
    token = match[1].upper()
    try:
        raw = base64.b32decode(token + "=" * (-len(token) % 8))
    except ValueError:
        return None
    if len(raw) != 16 + _MAC_LENGTH:
        return None
    message_id = UUID(bytes=raw[:16])
    return message_id if hmac.compare_digest(raw[16:], _mac(message_id)) else None


def _mac(message_id: UUID) -> bytes:
    return secrets.mac("bounce", message_id.bytes, _MAC_LENGTH)


def _is_quoted_well(local: str) -> bool:
    quoted = local.startswith('"') and local.endswith('"') and len(local) > 1
    return quoted or not _SPECIAL.search(local)
