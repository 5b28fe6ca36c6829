"""Public links to media: organization number, media id and expiry, signed. About 50 characters, unguessable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from loumass.core import clock, links, secrets
from loumass.media.sniffing import ENDINGS, UNKNOWN

PURPOSE = "media"
PATH = "/media/"
#: How long a vendor may fetch what it was told to drop: longer than anything it keeps trying.
FOR_VENDORS = timedelta(days=30)
#: How long a page may play what it shows.
FOR_PAGES = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class MediaToken:
    """What a token says: which organization (by its public number), which media, until when."""

    organization_number: int
    media_id: UUID
    expires_at: datetime

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return clock.now() >= self.expires_at


def media_url(
    organization_number: int, media_id: UUID, content_type: str, *, given_at: datetime, lasts: timedelta
) -> str:
    """A complete address that works until `lasts` after `given_at`. The same arguments give the same address."""
    return links.absolute(media_path(organization_number, media_id, content_type, given_at + lasts))


def media_path(organization_number: int, media_id: UUID, content_type: str, expires_at: datetime) -> str:
    """The same without the host. Its ending is for vendors that look at it; nothing of ours does."""
    hours = -int(-expires_at.timestamp() // 3600)
    payload = organization_number.to_bytes(5) + media_id.bytes + hours.to_bytes(4)
    ending = ENDINGS.get(content_type, ENDINGS[UNKNOWN])
    return f"{PATH}{secrets.sign(PURPOSE, payload)}.{ending}"


def read(token: str) -> MediaToken | None:
    """What `token` (with or without an ending) says, or None when it is not ours."""
    payload = secrets.verify(PURPOSE, token.partition(".")[0])
    if payload is None or len(payload) != 25:
        return None
    hours = int.from_bytes(payload[21:])
    try:
        expires_at = datetime.fromtimestamp(hours * 3600, UTC)
    except (OverflowError, ValueError):
        return None
    return MediaToken(int.from_bytes(payload[:5]), UUID(bytes=payload[5:21]), expires_at)
