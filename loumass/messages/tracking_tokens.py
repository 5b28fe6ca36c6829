"""What a tracked link carries: organization number, message and link, signed. 43 characters.

Nobody can make one for another link or message, and none says where it leads: that stands in `content_link`.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from loumass.content.linking import PIXEL, token_name
from loumass.core import secrets

PURPOSE = "tracking"
#: Paths of the picture and of links, before the token.
OPEN, CLICK = "/o/", "/c/"
_SIGNATURE = 8
_LENGTH = 4 + 16 + 4 + _SIGNATURE
_SAFE, _UNSAFE = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")
_ODD = frozenset(b"+/=")


@dataclass(frozen=True, slots=True)
class TrackingToken:
    """What a token says. `link` is PIXEL or the number of a link."""

    organization_number: int
    message_id: UUID
    link: int


def token(organization_number: int, message_id: UUID, link: int) -> str:
    """The token of one link of one message. The same arguments give the same token."""
    payload = organization_number.to_bytes(4) + message_id.bytes + link.to_bytes(4)
    return _spelled(payload + secrets.mac(PURPOSE, payload, _SIGNATURE))


def tokens(organization_number: int, message_id: UUID, links: Iterable[int]) -> dict[str, str]:
    """The values that the places of `links` in a message are filled with."""
    common = organization_number.to_bytes(4) + message_id.bytes
    key, prefix = secrets.keys().signing, PURPOSE.encode() + b"\0"
    made: dict[str, str] = {}
    for link in links:
        payload = common + link.to_bytes(4)
        made[token_name(link)] = _spelled(payload + hmac.digest(key, prefix + payload, "sha256")[:_SIGNATURE])
    return made


def read(spelled: str) -> TrackingToken | None:
    """What a token says, or None when it is not ours."""
    try:
        ascii_only = spelled.encode("ascii")
        raw = binascii.a2b_base64(ascii_only.translate(_UNSAFE) + b"=", strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    if len(raw) != _LENGTH or not _ODD.isdisjoint(ascii_only) or _spelled(raw) != spelled:
        return None
    payload, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    if not hmac.compare_digest(secrets.mac(PURPOSE, payload, _SIGNATURE), signature):
        return None
    return TrackingToken(
        int.from_bytes(payload[:4]), UUID(bytes=payload[4:20]), int.from_bytes(payload[20:24])
    )


def is_of(path: str, link: int) -> bool:
    """Whether `path` is the kind that `link` stands behind."""
    return path == (OPEN if link == PIXEL else CLICK)


def _spelled(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).translate(_SAFE)[:43].decode()
