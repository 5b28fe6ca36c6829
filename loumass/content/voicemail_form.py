"""What is filled in for a voicemail: a recording to upload, or a script and the voice that speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Protocol
from uuid import UUID

from loumass.accounts.numbering import organization_number
from loumass.content.composing import Draft
from loumass.content.sounding import LONGEST_SCRIPT, MODEL, MODELS, Recording, Voice, length, too_short
from loumass.content.speaking_time import LANGUAGE, LANGUAGES, WORDS_PER_MINUTE
from loumass.core.errors import Refused, TooLarge
from loumass.core.tenancy import get
from loumass.media.models import Media
from loumass.media.service import LARGEST_SOUND, keep, media_of, player_path, weigh
from loumass.media.sniffing import SOUNDS
from loumass.providers.speech import OfferedVoice
from loumass.speech.service import offered

LONGEST_NAME = 120


class Upload(Protocol):
    """A file of a form."""

    filename: str | None
    stream: IO[bytes]


@dataclass(frozen=True, slots=True)
class Offered:
    """What the form offers: voices (with the one in use, though it may be gone), and where the recording is played from."""

    voices: list[OfferedVoice]
    models: Mapping[str, str]
    source: str
    length: str
    languages: Mapping[str, str] = field(default_factory=lambda: LANGUAGES)
    speeds: Mapping[str, int] = field(default_factory=lambda: WORDS_PER_MINUTE)


def read_voicemail(form: Mapping[str, str], files: Mapping[str, Upload]) -> tuple[Draft, dict[str, str]]:
    """What was filled in, and sentences about what is wrong, by field.

    Stores an uploaded file and commits what is open for it: call it before anything is changed.
    """
    if form.get("says") == "script":
        return _script(form)
    upload = files.get("recording_file")
    try:
        recording = _uploaded(upload) if upload is not None and upload.filename else _kept(form)
    except (Refused, TooLarge) as problem:
        return Draft(recording=_kept(form)), {"recording_file": problem.sentence}
    return Draft(recording=recording), {}


def offer(draft: Draft | None) -> Offered:
    """What the form for `draft` offers."""
    voices, recording = offered(), draft.recording if draft else None
    used = draft.voice if draft else None
    if used is not None and used.id not in {one.id for one in voices}:
        voices = [OfferedVoice(used.id, f"{used.name}, not offered any more"), *voices]
    media = media_of([recording.media_id]).get(recording.media_id) if recording else None
    if media is None or recording is None:
        return Offered(voices, MODELS, "", "")
    return Offered(voices, MODELS, player_path(organization_number(), media), length(recording.seconds))


def _script(form: Mapping[str, str]) -> tuple[Draft, dict[str, str]]:
    script = form.get("text", "").replace("\r\n", "\n").replace("\x00", "").strip()
    errors: dict[str, str] = {}
    if len(script) > LONGEST_SCRIPT:
        errors["text"] = (
            f"The script has {len(script):,} letters; {LONGEST_SCRIPT:,} are about three minutes. Shorten it."
        )
    return Draft(text=script, voice=_voice(form)), errors


def _voice(form: Mapping[str, str]) -> Voice | None:
    voice_id = form.get("voice", "").replace("\x00", "").strip()[:100]
    if not voice_id:
        return None
    names = {one.id: one.name for one in offered()}
    model = form.get("model", MODEL)
    return Voice(
        voice_id,
        names.get(voice_id) or form.get("voice_name", "").replace("\x00", "")[:LONGEST_NAME] or voice_id,
        model if model in MODELS else MODEL,
        _percent(form.get("steadiness"), 50),
        _percent(form.get("likeness"), 75),
        language if (language := form.get("language", LANGUAGE)) in LANGUAGES else LANGUAGE,
    )


def _percent(written: str | None, default: int) -> int:
    written = (written or "").strip()
    return min(int(written), 100) if written.isascii() and written.isdigit() and len(written) < 6 else default


def _uploaded(upload: Upload) -> Recording:
    """Raises Refused for what cannot be dropped, TooLarge."""
    weighed = weigh(upload.stream, limit=LARGEST_SOUND)
    if problem := too_short(weighed.seconds):
        raise Refused(f"The recording {problem}. Nothing was kept.")
    return Recording(keep(upload.stream, weighed), _name(upload.filename or ""), weighed.seconds or 0)


def _kept(form: Mapping[str, str]) -> Recording | None:
    """The recording that stood in the form, if it is one of the organization's."""
    try:
        media = get(Media, UUID(form.get("recording", "")))
    except ValueError:
        return None
    if media is None or media.content_type not in SOUNDS:
        return None
    return Recording(media.id, _name(form.get("recording_name", "")), media.seconds or 0)


def _name(written: str) -> str:
    """What people call a recording: only shown, never asked what it is."""
    last = written.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(letter for letter in last if letter.isprintable()).strip()
    return clean[:LONGEST_NAME] or "Recording"
