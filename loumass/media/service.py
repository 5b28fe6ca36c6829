"""Keeping bytes once per organization. Storage may be a network away: no transaction is open while it works."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import IO
from uuid import UUID

from sqlalchemy import select, text

from loumass.core import clock, storage
from loumass.core.database import db
from loumass.core.errors import Refused, TooLarge
from loumass.core.tenancy import current_organization_id
from loumass.media.links import FOR_PAGES, media_path
from loumass.media.models import Media
from loumass.media.sniffing import ENOUGH, SOUNDS, sniffed
from loumass.media.sound import seconds

#: What one recording may weigh: more than ten minutes of the best MP3.
LARGEST_SOUND = 25_000_000

_NOTE = text("""
    INSERT INTO media (organization_id, sha256, size, content_type, seconds, file_key, created_at)
    VALUES (:organization_id, :sha256, :size, :content_type, :seconds, :file_key, :now)
    ON CONFLICT (organization_id, sha256) DO NOTHING
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a stream holds."""

    sha256: bytes
    size: int
    content_type: str
    seconds: float | None


def weigh(stream: IO[bytes], *, limit: int, kinds: Collection[str] = SOUNDS) -> Weighed:
    """What the seekable `stream` holds, read piece by piece; left at its beginning.

    Raises TooLarge beyond `limit` bytes, Refused for bytes that are none of `kinds`.
    """
    stream.seek(0)
    beginning = stream.read(ENOUGH)
    content_type = sniffed(beginning)
    if content_type not in kinds:
        raise Refused("This is no MP3, WAV or M4A file, whatever its name says. Nothing was kept.")
    digest, size = hashlib.sha256(beginning), len(beginning)
    while chunk := stream.read(storage.CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"The file is larger than {limit // 1_000_000} MB. Nothing was kept.")
        digest.update(chunk)
    return Weighed(digest.digest(), size, content_type, seconds(stream, content_type))


def keep(stream: IO[bytes], weighed: Weighed) -> UUID:
    """The media that holds the bytes of `stream`, stored unless the organization has them already.

    Commits what is open before it writes to storage; commit afterwards. Raises StorageUnavailable.
    """
    found = known(weighed.sha256)
    if found is not None:
        return found
    db().commit()
    stream.seek(0)
    stored = storage.store(stream, limit=weighed.size)
    new = db().scalar(_NOTE, _row(weighed, stored.key))
    if new is not None:
        return new
    # Somebody else kept the same bytes meanwhile: theirs stay.
    storage.delete(stored.key)
    return db().scalars(select(Media.id).where(Media.sha256 == weighed.sha256)).one()


def known(sha256: bytes) -> UUID | None:
    """The media of these bytes, if the organization has them."""
    return db().scalars(select(Media.id).where(Media.sha256 == sha256)).one_or_none()


def media_of(ids: Iterable[UUID | None]) -> dict[UUID, Media]:
    """Media by id, in one statement (none where nothing is asked)."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    return {media.id: media for media in db().scalars(select(Media).where(Media.id.in_(wanted)))}


def player_path(organization_number: int, media: Media) -> str:
    """Where a page plays it from. The same for an hour or more, so that browsers need not fetch it anew."""
    now = clock.now()
    until = now.replace(minute=0, second=0, microsecond=0) + FOR_PAGES + timedelta(hours=1)
    return media_path(organization_number, media.id, media.content_type, until)


def _row(weighed: Weighed, key: str) -> dict[str, object]:
    return {
        "organization_id": current_organization_id(),
        "sha256": weighed.sha256,
        "size": weighed.size,
        "content_type": weighed.content_type,
        "seconds": weighed.seconds,
        "file_key": key,
        "now": clock.now(),
    }
