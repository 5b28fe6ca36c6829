"""`/media/<token>`: what a vendor or a player fetches. The signed link is the only proof, and it ends."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, request
from sqlalchemy import select

from loumass.accounts.models import Organization
from loumass.core import storage
from loumass.core.errors import NotFound
from loumass.core.tenancy import acting_for, get, globally
from loumass.media import links
from loumass.media.models import Media
from loumass.media.sniffing import ENDINGS, PICTURES, SOUNDS, UNKNOWN

pages = Blueprint("media", __name__)
#: What a browser may show or play by itself; everything else is saved.
_SHOWN = SOUNDS | PICTURES


@pages.get("/media/<token>")
def show(token: str) -> Response:
    """The bytes, whole or a range of them (RFC 9110, section 14). HEAD tells the same without them."""
    media = _media(token)
    headers = _headers(media)
    if request.if_none_match.contains_weak(media.sha256.hex()):
        return Response(status=304, headers=headers)
    wanted = _range(media)
    if wanted is None:
        return _answer(media, 0, media.size, 200, headers)
    start, stop = wanted
    if start >= stop:
        return Response(status=416, headers=headers | {"Content-Range": f"bytes */{media.size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{media.size}"
    return _answer(media, start, stop, 206, headers)


def _media(token: str) -> Media:
    """Raises NotFound, also for what has expired: who guesses learns nothing."""
    read = links.read(token)
    if read is None or read.is_expired:
        raise NotFound("This link is not valid, or its time is over.")
    with globally() as session:
        organization_id = session.scalars(
            select(Organization.id).where(Organization.number == read.organization_number)
        ).one_or_none()
    if organization_id is None:
        raise NotFound
    with acting_for(organization_id):
        media = get(Media, read.media_id)
    if media is None:
        raise NotFound
    return media


def _headers(media: Media) -> dict[str, str]:
    how = "inline" if media.content_type in _SHOWN else "attachment"
    name = f"{'sound' if media.content_type in SOUNDS else 'file'}.{ENDINGS.get(media.content_type, 'bin')}"
    return {
        "Content-Type": media.content_type if media.content_type in _SHOWN else UNKNOWN,
        "Content-Disposition": f'{how}; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Accept-Ranges": "bytes",
        "ETag": f'"{media.sha256.hex()}"',
        "Cache-Control": "private, max-age=3600",
    }


def _range(media: Media) -> tuple[int, int] | None:
    """[start, stop) of the one range that is asked for, empty when there is no such; None for the whole.

    Several ranges, and those of other bytes (`If-Range`), are answered by the whole, as the RFC allows.
    """
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    if request.headers.get("If-Range") not in (None, f'"{media.sha256.hex()}"'):
        return None
    return asked.range_for_length(media.size) or (0, 0)


def _answer(media: Media, start: int, stop: int, status: int, headers: dict[str, str]) -> Response:
    headers["Content-Length"] = str(stop - start)
    body: Iterator[bytes] = (
        iter(()) if request.method == "HEAD" else storage.chunks(media.file_key, start, stop)
    )
    return Response(body, status, headers)
