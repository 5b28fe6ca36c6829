"""Keeping bytes once per organization. Storage may be a network away: no transaction is open while it works."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import IO
from uuid import UUID

from sqlalchemy import select, text

from loumass.core import clock, storage
from loumass.core.database import db
from loumass.core.errors import Refused, TooLarge
from loumass.core.tenancy import current_organization_id
from loumass.media.forgetting import delete_files
from loumass.media.links import FOR_PAGES, media_path
from loumass.media.models import Media
from loumass.media.sniffing import ENOUGH, SOUNDS, sniffed
from loumass.media.sound import seconds

#: What one recording may weigh: more than ten minutes of the best MP3.
LARGEST_SOUND = 25_000_000

# Whoever finds bytes that are there says so: they are not taken away before they are pointed at.
_KNOWN = text("""
    UPDATE media SET kept_at = :now WHERE organization_id = :organization_id AND sha256 = ANY(CAST(:hashes AS bytea[]))
    RETURNING sha256, id, file_key
""")
_NOTE = text("""
    INSERT INTO media (organization_id, sha256, size, content_type, seconds, file_key, created_at, kept_at)
    SELECT :organization_id, new.*, CAST(:now AS timestamptz), CAST(:now AS timestamptz)
    FROM unnest(CAST(:hashes AS bytea[]), CAST(:sizes AS integer[]), CAST(:types AS text[]),
                CAST(:seconds AS double precision[]), CAST(:keys AS text[])) AS new
    ON CONFLICT (organization_id, sha256) DO UPDATE SET kept_at = excluded.kept_at
    RETURNING sha256, id, file_key
""")


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of media, and where its bytes lie."""

    id: UUID
    file_key: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a stream holds."""

    sha256: bytes
    size: int
    content_type: str
    seconds: float | None


def weigh(stream: IO[bytes], *, limit: int, kinds: Collection[str] | None = SOUNDS) -> Weighed:
    """What the seekable `stream` holds, read piece by piece; left at its beginning.

    Raises TooLarge beyond `limit` bytes, Refused for bytes that are none of `kinds` (None: whatever they are).
    """
    stream.seek(0)
    beginning = stream.read(ENOUGH)
    content_type = sniffed(beginning)
    if kinds is not None and content_type not in kinds:
        raise Refused("This is no MP3, WAV or M4A file, whatever its name says. Nothing was kept.")
    digest, size = hashlib.sha256(), 0
    for chunk in chain([beginning], iter(partial(stream.read, storage.CHUNK), b"")):
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"The file is larger than {limit // 1_000_000} MB. Nothing was kept.")
        digest.update(chunk)
    return Weighed(digest.digest(), size, content_type, seconds(stream, content_type))


def keep(stream: IO[bytes], weighed: Weighed) -> UUID:
    """The media that holds the bytes of `stream`, stored unless the organization has them already.

    Commits what is open before it writes to storage; commit afterwards. Raises StorageUnavailable.
    """
    return keep_all([(stream, weighed)])[0].id


def keep_all(files: Sequence[tuple[IO[bytes], Weighed]]) -> list[Kept]:
    """The media of each of `files`, as `keep`; in two statements. When storage fails, none of them stays."""
    streams = {weighed.sha256: (stream, weighed) for stream, weighed in files}
    found = _known(streams)
    missing = [streams[sha256] for sha256 in streams.keys() - found.keys()]
    if missing:
        db().commit()
        found |= _noted([weighed for _, weighed in missing], _stored(missing))
    return [found[weighed.sha256] for _, weighed in files]


def _known(hashes: Iterable[bytes]) -> dict[bytes, Kept]:
    """SHA-256 -> media, of what the organization has."""
    asked = {"organization_id": current_organization_id(), "now": clock.now(), "hashes": list(hashes)}
    return {row.sha256: Kept(row.id, row.file_key) for row in db().execute(_KNOWN, asked)}


def _stored(files: Sequence[tuple[IO[bytes], Weighed]]) -> list[str]:
    keys: list[str] = []
    try:
        for stream, weighed in files:
            stream.seek(0)
            keys.append(storage.store(stream, limit=weighed.size).key)
    except BaseException:
        delete_files(keys)
        raise
    return keys


def _noted(weighed: Sequence[Weighed], keys: Sequence[str]) -> dict[bytes, Kept]:
    values = {
        "organization_id": current_organization_id(),
        "now": clock.now(),
        "hashes": [one.sha256 for one in weighed],
        "sizes": [one.size for one in weighed],
        "types": [one.content_type for one in weighed],
        "seconds": [one.seconds for one in weighed],
        "keys": list(keys),
    }
    rows = db().execute(_NOTE, values).all()
    # Somebody else kept the same bytes meanwhile: theirs stay.
    delete_files(set(keys) - {row.file_key for row in rows})
    return {row.sha256: Kept(row.id, row.file_key) for row in rows}


def media_of(ids: Iterable[UUID | None]) -> dict[UUID, Media]:
    """Media by id, in one statement (none where nothing is asked)."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    return {media.id: media for media in db().scalars(select(Media).where(Media.id.in_(wanted)))}


def hold(media_id: UUID) -> Media | None:
    """The media, which stays until the current transaction ends; None when it was forgotten meanwhile."""
    return (
        db()
        .scalars(select(Media).where(Media.id == media_id).with_for_update(read=True, key_share=True))
        .one_or_none()
    )


def player_path(organization_number: int, media: Media) -> str:
    """Where a page plays it from. The same for an hour or more, so that browsers need not fetch it anew."""
    now = clock.now()
    until = now.replace(minute=0, second=0, microsecond=0) + FOR_PAGES + timedelta(hours=1)
    return media_path(organization_number, media.id, media.content_type, until)
