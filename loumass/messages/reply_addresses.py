"""Addresses that say which conversation an answer belongs to: `maya+r<token>@foothill.example`.

The token is the conversation's id and a MAC, in base32: mail servers may change the case of letters.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from uuid import UUID

from loumass.core import secrets

_TOKEN = re.compile(r"\+r([a-z2-7]{36})@", re.IGNORECASE)
_MAC_LENGTH = 6
#: RFC 5321 section 4.5.3.1.1.
_LONGEST_LOCAL_PART = 64


def reply_address(mailbox: str, conversation_id: UUID) -> str:
    """The plus address of `mailbox` for one conversation; `mailbox` itself where that would be too long."""
    local, at, domain = mailbox.rpartition("@")
    token = base64.b32encode(conversation_id.bytes + _mac(conversation_id)).decode().rstrip("=").lower()
    tagged = f"{local}+r{token}"
    return f"{tagged}@{domain}" if at and len(tagged) <= _LONGEST_LOCAL_PART else mailbox


def conversation_of(addresses: Iterable[str]) -> UUID | None:
    """The conversation that one of `addresses` names; None when none is ours or it was tampered with."""
    for address in addresses:
        match = _TOKEN.search(address)
        conversation_id = _read(match[1]) if match else None
        if conversation_id is not None:
            return conversation_id
    return None


def _read(token: str) -> UUID | None:
    raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    conversation_id = UUID(bytes=raw[:16])
    return conversation_id if hmac.compare_digest(raw[16:], _mac(conversation_id)) else None


def _mac(conversation_id: UUID) -> bytes:
    return secrets.mac("reply address", conversation_id.bytes, _MAC_LENGTH)
