"""Pictures inside of e-mails: ours, kept as media, behind links that outlive the mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import IO
from uuid import UUID

from sqlalchemy import text

from loumass.accounts.numbering import organization_number
from loumass.core import links
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id
from loumass.media.links import media_path
from loumass.media.models import Media
from loumass.media.service import keep, media_of, weigh
from loumass.media.sniffing import PICTURES

#: What one picture may weigh: mail is read on phones.
LARGEST_PICTURE = 5_000_000
#: A mail is opened years later. Counted from when the bytes came, so that a picture has one address for good.
_LASTS = timedelta(days=20 * 365)

_NOTE = text("""
    INSERT INTO content_picture (organization_id, source_id, media_id)
    SELECT :organization_id, said.source_id, media.id
    FROM unnest(CAST(:sources AS uuid[]), CAST(:media AS uuid[])) AS said(source_id, media_id)
    JOIN media ON media.organization_id = :organization_id AND media.id = said.media_id
    ORDER BY media.id, said.source_id
    ON CONFLICT (organization_id, source_id, media_id) DO NOTHING
""")


def keep_picture(stream: IO[bytes]) -> Media:
    """The media of an uploaded picture. Commits what is open; commit afterwards.

    Raises Refused for what no mail program shows, TooLarge, StorageUnavailable.
    """
    weighed = weigh(stream, limit=LARGEST_PICTURE, kinds=None)
    if weighed.content_type not in PICTURES:
        raise Refused("This is no PNG, JPEG, GIF or WebP picture, whatever its name says. Nothing was kept.")
    media_id = keep(stream, weighed)
    return media_of([media_id])[media_id]


def addresses_of(media_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Where each of the pictures lies, for readers of mail; what the organization does not have is absent."""
    return {media_id: links.absolute(path) for media_id, path in paths_of(media_ids).items()}


def paths_of(media_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The same without the host, for our own pages."""
    found = {media.id: media for media in media_of(media_ids).values() if media.content_type in PICTURES}
    if not found:
        return {}
    number = organization_number()
    return {
        media.id: media_path(number, media.id, media.content_type, media.created_at + _LASTS)
        for media in found.values()
    }


def note_pictures(shown: Mapping[UUID, Iterable[UUID]]) -> None:
    """Pictures stay while what shows them does: content versions, or places of unsaved words, each with its media."""
    pairs = [(source_id, media_id) for source_id, media in shown.items() for media_id in media]
    if pairs:
        sources, media = zip(*pairs, strict=True)
        bound = {"organization_id": current_organization_id(), "sources": list(sources), "media": list(media)}
        db().execute(_NOTE, bound)
