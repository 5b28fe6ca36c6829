"""How long a recording sounds, read from its frames or headers piece by piece: MP3, WAV and M4A."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

from loumass.media.sniffing import M4A, MP3, WAV, is_frame

#: Kilobits per second by index: MPEG 1 layer III, and MPEG 2 and 2.5 layer III.
_RATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLING = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
#: Between two frames so many strange bytes are passed over.
_MOST_STRANGE = 64 * 1024
_MOST_BOXES = 1_000


def seconds(stream: IO[bytes], kind: str) -> float | None:
    """How long the sound of a seekable `stream` lasts; None where that cannot be read. Leaves it at its beginning."""
    readers = {MP3: _mp3, WAV: _wav, M4A: _m4a}
    try:
        stream.seek(0)
        return readers[kind](stream) if kind in readers else None
    except (struct.error, ValueError, OverflowError):
        return None
    finally:
        stream.seek(0)


def _mp3(stream: IO[bytes]) -> float | None:
    """Every frame is counted: rates may change from one to the next, and headers of encoders lie."""
    _pass_tag(stream)
    total, frames = 0.0, 0
    for header in _frames(stream):
        samples, sampling = _shape(header)
        total, frames = total + samples / sampling, frames + 1
    # One frame by chance stands in many files; two behind each other in none that is not sound.
    return total if frames > 1 else None


def _pass_tag(stream: IO[bytes]) -> None:
    head = stream.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        stream.seek(0)
        return
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    stream.seek(10 + size + (10 if head[5] & 0x10 else 0))


def _frames(stream: IO[bytes]) -> Iterator[bytes]:
    strange = 0
    header = stream.read(4)
    while len(header) == 4:
        if is_frame(header):
            strange = 0
            yield header
            stream.seek(_length(header) - 4, 1)
            header = stream.read(4)
            continue
        strange += 1
        if strange > _MOST_STRANGE:
            return
        header = header[1:] + stream.read(1)


def _shape(header: bytes) -> tuple[int, int]:
    """(samples of the frame, samples a second)."""
    version = header[1] >> 3 & 3
    return (1152 if version == 3 else 576), _SAMPLING[version][header[2] >> 2 & 3]


def _length(header: bytes) -> int:
    """Bytes of the frame, its header included."""
    samples, sampling = _shape(header)
    rate = (_RATES_1 if header[1] >> 3 & 3 == 3 else _RATES_2)[header[2] >> 4]
    return max(samples // 8 * rate * 1000 // sampling + (header[2] >> 1 & 1), 4)


def _wav(stream: IO[bytes]) -> float | None:
    stream.seek(12)
    bytes_a_second = 0
    for _ in range(_MOST_BOXES):
        head = stream.read(8)
        if len(head) < 8:
            return None
        name, size = struct.unpack("<4sI", head)
        if name == b"fmt ":
            bytes_a_second = struct.unpack("<8xI", stream.read(12))[0]
            size -= 12
        elif name == b"data":
            return _there(stream, size) / bytes_a_second if bytes_a_second else None
        stream.seek(size + size % 2, 1)
    return None


def _there(stream: IO[bytes], said: int) -> int:
    """How many of the `said` bytes follow: a recorder that was cut off has promised more."""
    here = stream.tell()
    return min(said, stream.seek(0, 2) - here)


def _m4a(stream: IO[bytes]) -> float | None:
    """From the header of the movie (ISO 14496-12, 8.2.2)."""
    if not _enter(stream, b"moov") or not _enter(stream, b"mvhd"):
        return None
    version = stream.read(4)[:1]
    layout = ">16xIQ" if version == b"\x01" else ">8xII"
    scale, length = struct.unpack(layout, stream.read(struct.calcsize(layout)))
    return length / scale if scale else None


def _enter(stream: IO[bytes], wanted: bytes) -> bool:
    """Stand at the beginning of the next box called `wanted`; False when there is none."""
    for _ in range(_MOST_BOXES):
        head = stream.read(8)
        if len(head) < 8:
            return False
        size, name = struct.unpack(">I4s", head)
        if name == wanted:
            return True
        if size == 1:
            size = struct.unpack(">Q", stream.read(8))[0] - 8
        if size < 8:
            return False
        stream.seek(size - 8, 1)
    return False
