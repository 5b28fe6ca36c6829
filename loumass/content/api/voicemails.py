"""Voicemails of the library: a recording, or a script in a voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Annotated
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.content import queries, service
from loumass.content.api.blueprint import api
from loumass.content.api.library import ContentOut, Named, content_out
from loumass.content.models import Content
from loumass.content.pages import lack
from loumass.content.refusing import refusals
from loumass.content.service import Draft
from loumass.content.voicemail_form import LARGEST_SOUND, read_voicemail
from loumass.core.api import ANYTHING, ApiModel, endpoint
from loumass.core.api.models import PLAIN, WHOLE, Id, LongText
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import get_or_404

Short = Annotated[str, Field(max_length=120, pattern=PLAIN)]
Percent = Annotated[int, Field(ge=0, le=100), WHOLE]


class VoicemailBody(ApiModel):
    """A `recording` that was uploaded, or a script (`text`) in a `voice` of `/voices`, with how it speaks."""

    name: Named
    recording: Id | None = None
    recording_name: Short = ""
    text: LongText = ""
    voice: Short = ""
    model: Short = ""
    language: Short = ""
    steadiness: Percent = 50
    likeness: Percent = 75
    based_on: Annotated[int, Field(ge=0, le=2_000_000_000), WHOLE] | None = None


class RecordingQuery(ApiModel):
    """What people call it."""

    file_name: Annotated[str, Field(min_length=1, max_length=120, pattern=PLAIN)]


class RecordingOut(ApiModel):
    """A recording that is kept; it goes a day after nothing uses it."""

    media_id: UUID
    name: str
    seconds: float


@dataclass(slots=True)
class _Uploaded:
    filename: str | None
    stream: IO[bytes]


@endpoint(
    api,
    "POST",
    "/content/recordings",
    asks=RecordingQuery,
    answers=RecordingOut,
    status=201,
    uploads=ANYTHING,
    most=LARGEST_SOUND,
)
@requires("content.write")
def upload_recording(query: RecordingQuery, file: IO[bytes]) -> RecordingOut:
    """Keep a recording (MP3, WAV or M4A) for voicemails."""
    words, wrong = read_voicemail({}, {"recording_file": _Uploaded(query.file_name, file)})
    if wrong or words.recording is None:
        raise Refused(wrong.get("recording_file", "This is no recording. Nothing was kept."))
    kept = words.recording
    return RecordingOut(media_id=kept.media_id, name=kept.name, seconds=kept.seconds)


@endpoint(api, "POST", "/content/voicemails", takes=VoicemailBody, answers=ContentOut, status=201)
@requires("content.write")
def create_voicemail(body: VoicemailBody) -> ContentOut:
    """Make one with its first version."""
    return content_out(service.create(body.name, "voicemail", _words(body), g.user.id))


@endpoint(api, "PUT", "/content/<uuid:content_id>/voicemail", takes=VoicemailBody, answers=ContentOut)
@requires("content.write")
def save_voicemail(content_id: UUID, body: VoicemailBody) -> ContentOut:
    """Save a new version, unless it says the same."""
    content = get_or_404(Content, content_id)
    if content.medium != "voicemail":
        raise Conflict(f"{content.name} is no voicemail. Nothing was saved.")
    service.save(content_id, body.name, _words(body), g.user.id, based_on=body.based_on)
    return content_out(content)


def _words(body: VoicemailBody) -> Draft:
    form = {name: str(value) for name, value in body.model_dump(exclude_none=True).items() if value != ""}
    words, wrong = read_voicemail(form | {"says": "recording" if body.recording else "script"}, {})
    wrong = wrong or lack(words) or refusals(words, queries.vocabulary())
    if wrong:
        raise Refused(f"{' '.join(wrong.values())} Nothing was saved.")
    return words
