"""Files in and out: attached to a draft, taken out again, downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote
from uuid import UUID

from flask import Response, g, redirect, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core import storage
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get_or_404
from loumass.inbox import drafting
from loumass.inbox.blueprint import pages
from loumass.inbox.pages.answers import more_typed
from loumass.inbox.pages.conversation import address_of
from loumass.inbox.person import conversation_or_404, person_of
from loumass.media.sniffing import PICTURES
from loumass.messages.attachments import MOST_FILES, upload
from loumass.messages.models import Attachment

_MOST_AT_ONCE = 20


@pages.post("/inbox/<uuid:id>/files")
@requires("inbox.reply")
def attach(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Put chosen files into the draft; what was typed is kept with them."""
    chosen = conversation_or_404(id)
    kind = request.form.get("kind", "")
    if kind in drafting.KINDS and "text" in request.form:
        drafting.save(
            chosen.id, g.user.id, kind, request.form["text"], request.form.get("subject", ""), more_typed()
        )
        # Before the files: a store that does not answer must not cost what was typed.
        db().commit()
    files = [file for file in request.files.getlist("files") if file.filename]
    if not files:
        raise Refused("Choose a file first. Nothing was attached.")
    waiting = drafting.files(person_of(chosen).conversation_ids, g.user.id)
    if len(files) > _MOST_AT_ONCE or len(files) + len(waiting) > MOST_FILES:
        raise Refused(
            f"That is more than {_MOST_AT_ONCE} files at once or {MOST_FILES} together. None was attached."
        )
    for file in files:
        upload(file.stream, file.filename or "", file.mimetype or "", chosen.id, g.user.id)  # pyright: ignore[reportArgumentType]  a binary stream
    db().commit()
    return redirect(address_of(id, way=kind) if kind else address_of(id))


@pages.post("/inbox/files/<uuid:id>/removal")
@requires("inbox.reply")
def remove_file(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Take a file out of one's own draft."""
    conversation_id = drafting.remove_file(id, g.user.id)
    db().commit()
    return redirect(address_of(conversation_id))


@pages.get("/inbox/files/<uuid:id>")
@requires("inbox.read")
def download(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The file itself. Only pictures are shown; everything else is saved, never run in our name."""
    file = get_or_404(Attachment, id)
    if not file.file_key:
        raise NotFound("The file was too large and was not kept.")
    return file_answer(file, is_shown=file.content_type in PICTURES and "save" not in request.args)


def file_answer(file: Attachment, *, is_shown: bool) -> Response:
    """The answer with a file that is kept. It ends what the request reads of the database."""
    name, key = quote(file.file_name, safe=""), file.file_key
    # Given back before the first byte: a slow reader must not hold a connection.
    db().close()
    return Response(
        _bytes(key),
        mimetype=file.content_type if is_shown else "application/octet-stream",
        headers={
            "Content-Disposition": f"{'inline' if is_shown else 'attachment'}; filename*=UTF-8''{name}",
            "Content-Length": str(file.size),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        },
    )


def _bytes(key: str) -> Iterator[bytes]:
    yield from storage.chunks(key)
