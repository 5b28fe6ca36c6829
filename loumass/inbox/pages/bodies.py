"""Mail as it came, in a frame that can do nothing: no scripts, no forms, no pictures from elsewhere until asked."""

from __future__ import annotations

import base64
from uuid import UUID

from flask import Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.content.sanitising import (
    FRAME_POLICY,
    FRAME_POLICY_WITH_IMAGES,
    document,
    safe_html,
    text_as_html,
)
from loumass.core import storage
from loumass.core.database import db
from loumass.core.tenancy import get_or_404
from loumass.inbox.blueprint import pages
from loumass.media.sniffing import PICTURES
from loumass.messages.models import Attachment, Message
from loumass.messages.service import shown

#: Pictures of the message itself are put into the page: the frame has no session to fetch them with.
_LARGEST_PICTURE = 3_000_000
_MOST_PICTURES = 12_000_000


@pages.get("/inbox/messages/<uuid:id>/body")
@requires("inbox.read")
def body(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The whole message for the sandboxed frame."""
    message = get_or_404(Message, id)
    wants_images = request.args.get("images") == "1"
    words = shown([message])[message.id]
    pictures = _pictures(message.id) if "cid:" in words.html.lower() else {}
    if words.html.strip():
        safe = safe_html(words.html, remote_images=wants_images, inline=pictures).html
    else:
        safe = text_as_html(words.text)
    return Response(
        document(safe),
        mimetype="text/html",
        headers={
            "Content-Security-Policy": FRAME_POLICY_WITH_IMAGES if wants_images else FRAME_POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
        },
    )


def _pictures(message_id: UUID) -> dict[str, str]:
    """Content-ID -> the picture as a data address."""
    files = db().scalars(
        select(Attachment).where(
            Attachment.message_id == message_id,
            Attachment.content_id.is_not(None),
            Attachment.content_type.in_(PICTURES),
            Attachment.size <= _LARGEST_PICTURE,
            Attachment.file_key != "",
        )
    )
    found: dict[str, str] = {}
    weight = 0
    for file in files:
        weight += file.size
        if weight > _MOST_PICTURES:
            break
        content = base64.b64encode(b"".join(storage.chunks(file.file_key))).decode()
        found[(file.content_id or "").strip("<>")] = f"data:{file.content_type};base64,{content}"
    return found
