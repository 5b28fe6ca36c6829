"""ElevenLabs: what its answers mean, and that nothing inside the house is dialled."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from pydantic import ValidationError

from loumass.providers.base import ProviderContext
from loumass.providers.elevenlabs.client import ElevenLabs
from loumass.providers.elevenlabs.credentials import ElevenLabsCredentials
from loumass.providers.errors import Disconnected, ProviderError, Rejected, Throttled, Unavailable
from tests.fakes.elevenlabs import API_KEY, VOICE, FakeElevenLabs, refusal
from tests.fakes.forms import ACCEPT_THEN_CUT, HANG, Reply
from tests.fakes.sounds import mp3
from tests.providers.vendor import context, guarded_context

SETTINGS = {"stability": 0.5, "similarity_boost": 0.75}


@pytest.fixture
def fake() -> Iterator[FakeElevenLabs]:
    with FakeElevenLabs() as running:
        yield running


def _open(fake: FakeElevenLabs, key: str = API_KEY, around: ProviderContext | None = None) -> ElevenLabs:
    credentials = ElevenLabsCredentials.model_validate({"api_key": key})
    return ElevenLabs(credentials, around or context(base_urls={"elevenlabs": fake.base_url}))


def _speak(speaker: ElevenLabs, script: str = "Hello", voice: str = VOICE) -> bytes:
    into = BytesIO()
    with speaker:
        speaker.speak(script, voice, "eleven_multilingual_v2", SETTINGS, into)
    return into.getvalue()


def test_words_become_an_mp3_as_asked(fake: FakeElevenLabs) -> None:
    script = 'Grüße aus Zürich, 東京 🎉 "quoted"'
    assert _speak(_open(fake), script) == mp3(8, tag=script.encode())
    (asked,) = fake.spoken
    assert asked == {
        "text": script, "model_id": "eleven_multilingual_v2", "voice_settings": SETTINGS, "voice": VOICE,
        "format": "mp3_44100_128",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(429, "too_many_concurrent_requests"), Throttled),
        (refusal(429, "rate_limit"), Throttled),
        (refusal(429, "system_busy"), Unavailable),
        (refusal(401, "quota_exceeded"), Disconnected),
        (refusal(401, "missing_permissions"), Disconnected),
        (refusal(403, "anything"), Disconnected),
        (refusal(404, "voice_not_found"), Rejected),
        (refusal(400, "text_too_long"), Rejected),
        (Reply(422, b'{"detail": [{"msg": "field required"}]}'), Rejected),
        (Reply(404, b"<html>"), Unavailable),
        (Reply(500, b""), Unavailable),
        (Reply(302, b"", {"Location": "http://127.0.0.1/"}), Unavailable),
        (Reply(200, b"{}", {"Content-Type": "application/json"}), Unavailable),
        (Reply(200, b"", {"Content-Type": "audio/mpeg"}), Unavailable),
        (ACCEPT_THEN_CUT, Unavailable),
        (HANG, Unavailable),
    ],
)
def test_answers_mean_what_they_say(fake: FakeElevenLabs, answer: Reply | str, kind: type) -> None:
    fake.on_speak = [answer]
    with pytest.raises(ProviderError) as caught:
        _speak(_open(fake))
    assert type(caught.value) is kind
    assert API_KEY not in caught.value.reason


def test_a_voice_cannot_lead_to_another_address(fake: FakeElevenLabs) -> None:
    with pytest.raises(Rejected):
        _speak(_open(fake), voice="../voices?x=/")
    assert fake.spoken == []


def test_checking_says_what_is_left_and_lists_voices(fake: FakeElevenLabs) -> None:
    with _open(fake) as speaker:
        assert speaker.check() == "Logged in at ElevenLabs. 8,800 of 10,000 characters are left."
        assert [one.name for one in speaker.voices()] == ["Domi", "Rachel"]
    with _open(fake, "an old key") as refused:
        with pytest.raises(Disconnected):
            refused.check()
        with pytest.raises(Disconnected):
            _speak(refused)


def test_nothing_inside_the_house_is_dialled(fake: FakeElevenLabs) -> None:
    with pytest.raises(Disconnected):
        _speak(_open(fake, around=guarded_context(base_urls={"elevenlabs": fake.base_url})))
    assert fake.spoken == []


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ValidationError):
        ElevenLabsCredentials.model_validate({"api_key": "  "})
