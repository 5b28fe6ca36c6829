"""What bytes are and how long they sound, whatever their names say."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loumass.media.sniffing import M4A, MP3, UNKNOWN, WAV, sniffed
from loumass.media.sound import seconds
from tests.fakes.sounds import m4a, mp3, wav


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (mp3(1), MP3), (mp3(1, tag=b"x"), MP3), (wav(1), WAV), (m4a(1), M4A),
        (b"\x89PNG\r\n\x1a\n", "image/png"), (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"), (b"%PDF-1.7", "application/pdf"),
        (b"<html><script>alert(1)</script>", UNKNOWN), (b"<svg onload=alert(1)>", UNKNOWN), (b"", UNKNOWN),
        (b"\xff\xfe<\0s\0v\0g\0", UNKNOWN), (b"RIFF\0\0\0\0AVI LIST", UNKNOWN), (b"\0\0\0\x18ftypqt  ", UNKNOWN),
        (b"\xff\xff\xff\xff", UNKNOWN),
    ],
)  # fmt: skip
def test_bytes_tell_what_they_are(content: bytes, kind: str) -> None:
    assert sniffed(content[:64]) == kind


@pytest.mark.parametrize("length", [0.5, 5.0, 12.3, 61.0])
@pytest.mark.parametrize(("make", "kind"), [(mp3, MP3), (wav, WAV), (m4a, M4A)])
def test_the_length_is_read_from_frames_and_headers(length: float, make, kind: str) -> None:
    assert seconds(BytesIO(make(length)), kind) == pytest.approx(length, abs=0.03)


def test_tags_pictures_and_what_stands_between_frames_do_not_count() -> None:
    assert seconds(BytesIO(mp3(6, tag=b"\xff\xfb\x14\xc4" * 500)), MP3) == pytest.approx(6, abs=0.03)
    assert seconds(
        BytesIO(mp3(3) + b"LYRICSBEGIN" * 50 + mp3(3) + b"TAG" + bytes(125)), MP3
    ) == pytest.approx(6, abs=0.06)


def test_a_recorder_that_was_cut_off_has_promised_more() -> None:
    whole = wav(10)
    assert seconds(BytesIO(whole[: len(whole) - 40_000]), WAV) == pytest.approx(5, abs=0.01)


@given(st.binary(max_size=400), st.sampled_from([MP3, WAV, M4A, UNKNOWN]), st.integers(0, 300))
def test_no_bytes_break_the_reader(garbage: bytes, kind: str, cut: int) -> None:
    for content in (garbage, mp3(0.2)[:cut] + garbage, wav(0.01)[:cut] + garbage, m4a(3)[:cut] + garbage):
        stream = BytesIO(content)
        found = seconds(stream, kind)
        assert found is None or found >= 0
        assert stream.tell() == 0
