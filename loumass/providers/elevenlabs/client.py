"""Speech by ElevenLabs' REST API (https://elevenlabs.io/docs/api-reference/text-to-speech/convert)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import IO, Any
from urllib.parse import quote

import httpx2

from loumass.core.network import AddressRefused
from loumass.providers.base import ProviderContext
from loumass.providers.elevenlabs.credentials import ElevenLabsCredentials
from loumass.providers.errors import Disconnected, ProviderError, Rejected, Throttled, Unavailable
from loumass.providers.kept_http import KeptHttp
from loumass.providers.speech import OfferedVoice, Speaker

API = "https://api.elevenlabs.io"
#: A query parameter, not a field of the body.
FORMAT = "mp3_44100_128"
LARGEST_SOUND = 25_000_000
_LARGEST_ANSWER = 5_000_000
#: Somebody else of the account is speaking: a turn comes soon.
_TURN = timedelta(seconds=5)
_SLOW = timedelta(minutes=1)
_MOST_VOICES = 500
#: Their word -> what it means for everything that is yet to be spoken.
_BROKEN = {
    "invalid_api_key": "ElevenLabs refused the API key.",
    "missing_permissions": "The API key may not do this: allow Text to Speech and Voices.",
    "quota_exceeded": "The ElevenLabs account has no characters left.",
    "detected_unusual_activity": "ElevenLabs has locked the account.",
}


class ElevenLabs(KeptHttp, Speaker):
    """One account."""

    kind = "elevenlabs"
    label = "ElevenLabs"
    summary = "Synthetic voices that speak the scripts of your voicemail."
    Credentials = ElevenLabsCredentials

    credentials: ElevenLabsCredentials

    def __init__(self, credentials: ElevenLabsCredentials, context: ProviderContext) -> None:
        super().__init__(credentials, context)
        self._base = context.base_urls.get(self.kind, API).rstrip("/")

    def speak(
        self, script: str, voice: str, model: str, settings: Mapping[str, float], into: IO[bytes]
    ) -> None:
        """The MP3 of `script`. Raises ProviderError."""
        path = f"/v1/text-to-speech/{quote(voice, safe='')}"
        body = {"text": script, "model_id": model, "voice_settings": dict(settings)}
        try:
            with self._http.stream(
                "POST",
                self._base + path,
                params={"output_format": FORMAT},
                json=body,
                timeout=self.context.timeout,
            ) as answer:
                if answer.status_code != 200 or "json" in answer.headers.get("content-type", ""):
                    raise _of_answer(answer.status_code, _read(answer))
                _pour(answer, into)
        except AddressRefused as problem:
            raise Disconnected(str(problem)) from problem
        except httpx2.TransportError as problem:
            raise Unavailable(f"ElevenLabs cannot be reached: {type(problem).__name__}.") from problem

    def voices(self) -> list[OfferedVoice]:
        """The voices of the account, by name."""
        listed = self._get("/v1/voices").get("voices")
        found = [
            OfferedVoice(str(one["voice_id"])[:100], str(one.get("name") or one["voice_id"])[:100])
            for one in (listed if isinstance(listed, list) else [])
            if isinstance(one, dict) and one.get("voice_id")
        ]
        return sorted(found, key=lambda one: (one.name.lower(), one.id))[:_MOST_VOICES]

    def check(self) -> str:
        """How many letters are left to speak."""
        subscription = self._get("/v1/user").get("subscription")
        if not isinstance(subscription, dict):
            return "Logged in at ElevenLabs."
        limit, used = subscription.get("character_limit"), subscription.get("character_count")
        if not isinstance(limit, int) or not isinstance(used, int):
            return "Logged in at ElevenLabs."
        return f"Logged in at ElevenLabs. {max(limit - used, 0):,} of {limit:,} characters are left."

    def _open_http(self) -> httpx2.Client:
        opened = super()._open_http()
        opened.headers["xi-api-key"] = self.credentials.api_key.get_secret_value()
        return opened

    def _get(self, path: str) -> dict[str, Any]:
        try:
            with self._http.stream("GET", self._base + path, timeout=self.context.timeout) as answer:
                content = _read(answer)
                if answer.status_code != 200:
                    raise _of_answer(answer.status_code, content)
        except AddressRefused as problem:
            raise Disconnected(str(problem)) from problem
        except httpx2.TransportError as problem:
            raise Unavailable(f"ElevenLabs cannot be reached: {type(problem).__name__}.") from problem
        return _json(content)


def _pour(answer: httpx2.Response, into: IO[bytes]) -> None:
    size = 0
    for piece in answer.iter_bytes():
        size += len(piece)
        if size > LARGEST_SOUND:
            raise Rejected("The spoken words are larger than 25 MB.", "too_large")
        into.write(piece)
    if not size:
        raise Unavailable("ElevenLabs gave no sound.")


def _read(answer: httpx2.Response) -> bytes:
    content = bytearray()
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > _LARGEST_ANSWER:
            raise Unavailable("ElevenLabs gave an answer that is too long.")
    return bytes(content)


def _of_answer(status: int, content: bytes) -> ProviderError:
    code, message = _told(content)
    if code in _BROKEN or status in (401, 403):
        return Disconnected(_BROKEN.get(code) or f"ElevenLabs refused the API key ({message}).")
    if status == 429 or code in ("system_busy", "too_many_concurrent_requests"):
        return _of_haste(code, message)
    if code and status in (400, 404, 413, 422):
        is_gone = code == "voice_not_found" or status == 404
        words = "does not have this voice any more." if is_gone else f"refused the words: {message}"
        return Rejected(f"ElevenLabs {words}", "voice_not_found" if is_gone else code)
    return Unavailable(f"ElevenLabs answered in a way that cannot be used ({message}).")


def _of_haste(code: str, message: str) -> ProviderError:
    """Full is a matter of turns; busy is theirs, and takes longer each time."""
    if code == "system_busy":
        return Unavailable("ElevenLabs is busy.")
    if code == "too_many_concurrent_requests":
        return Throttled("ElevenLabs speaks as much at once as the account may.", _TURN)
    return Throttled(f"ElevenLabs asks to slow down ({message}).", _SLOW)


def _told(content: bytes) -> tuple[str, str]:
    """Their word for what is wrong, and their sentence."""
    detail = _json(content).get("detail")
    if isinstance(detail, dict):
        return str(detail.get("status") or detail.get("code") or ""), str(
            detail.get("message") or "no reason"
        )[:300]
    if isinstance(detail, list) and detail:
        return "invalid", str(detail[0].get("msg") if isinstance(detail[0], dict) else detail[0])[:300]
    return ("invalid", detail[:300]) if isinstance(detail, str) and detail else ("", "no reason given")


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
