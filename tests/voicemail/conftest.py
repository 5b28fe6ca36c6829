"""Both vendors on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.elevenlabs import FakeElevenLabs
from tests.fakes.slybroadcast import FakeSlybroadcast
from tests.voicemail.calls import reaching


@pytest.fixture
def drops(voice: FakeElevenLabs) -> Iterator[FakeSlybroadcast]:
    """Slybroadcast's gateway; ElevenLabs stands beside it."""
    with FakeSlybroadcast() as fake, reaching(slybroadcast=fake.base_url, elevenlabs=voice.base_url):
        yield fake


@pytest.fixture
def voice() -> Iterator[FakeElevenLabs]:
    """ElevenLabs' API."""
    with FakeElevenLabs() as fake:
        yield fake
