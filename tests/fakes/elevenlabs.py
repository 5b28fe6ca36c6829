"""ElevenLabs' REST API on loopback: speech, voices, what is left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.forms import FakeVendor, Reply
from tests.fakes.sounds import mp3

API_KEY = "sk_not_a_real_key_0123456789"
VOICE = "21m00Tcm4TlvDq8ikWAM"
JSON = {"Content-Type": "application/json"}


def refusal(http: int, status: str, message: str = "no") -> Reply:
    """An answer that is no sound, as the API words it."""
    return Reply(http, json.dumps({"detail": {"status": status, "message": message}}).encode(), JSON)


class FakeElevenLabs(FakeVendor):
    """`on_speak` is answered instead of sound, one after the other; `seconds` is how long all words last."""

    def __init__(self, port: int = 0) -> None:
        #: What was spoken and charged: voice, model, settings, text, output format.
        self.spoken: list[dict[str, Any]] = []
        self.on_speak: list[Reply | str] = []
        self.on_everything: Reply | None = None
        self.voices = [
            {"voice_id": VOICE, "name": "Rachel"},
            {"voice_id": "AZnzlk1XvdvUeBnXmlld", "name": "Domi"},
        ]
        self.seconds = 8.0
        super().__init__(port)

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply | str:
        if refused := self._refused(headers):
            return refused
        parts = urlsplit(path)
        voice = unquote(parts.path.removeprefix("/v1/text-to-speech/"))
        if voice not in {one["voice_id"] for one in self.voices}:
            return refusal(404, "voice_not_found")
        with self.lock:
            if self.on_speak:
                return self.on_speak.pop(0)
            asked = json.loads(body)
            formats = parse_qs(parts.query).get("output_format", [""])
            self.spoken.append({**asked, "voice": voice, "format": formats[0]})
        return Reply(200, mp3(self.seconds, tag=asked["text"].encode()), {"Content-Type": "audio/mpeg"})

    def get(self, path: str, headers: Mapping[str, str]) -> Reply | str:
        if refused := self._refused(headers):
            return refused
        if path == "/v1/voices":
            return Reply(200, json.dumps({"voices": self.voices}).encode(), JSON)
        if path == "/v1/user":
            left = {"subscription": {"character_count": 1200, "character_limit": 10_000, "tier": "starter"}}
            return Reply(200, json.dumps(left).encode(), JSON)
        return refusal(404, "not_found")

    def _refused(self, headers: Mapping[str, str]) -> Reply | None:
        if self.on_everything:
            return self.on_everything
        return None if headers.get("xi-api-key") == API_KEY else refusal(401, "invalid_api_key")
