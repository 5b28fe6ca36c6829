"""Recordings of any length, made of silence: real frames and headers, small files."""

from __future__ import annotations

import struct

#: MPEG 1 layer III, 32 kbit/s, 48 kHz, mono: 96 bytes and 24 ms each.
_FRAME = bytes([0xFF, 0xFB, 0x14, 0xC4]) + bytes(92)


def mp3(seconds: float, *, tag: bytes = b"") -> bytes:
    """An MP3 that lasts `seconds` (to 24 ms); `tag` stands in its ID3 header and makes it another file."""
    head = b"ID3\x04\x00\x00" + _syncsafe(len(tag)) + tag if tag else b""
    return head + _FRAME * round(seconds / 0.024)


def wav(seconds: float) -> bytes:
    """8 kHz, 8 bit, mono."""
    count = round(seconds * 8000)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + form + b"LIST" + struct.pack("<I", 3) + b"abc\x00" + b"data" + struct.pack("<I", count)
    return b"RIFF" + struct.pack("<I", len(body) + count) + body + b"\x80" * count


def m4a(seconds: float) -> bytes:
    """Just the boxes that say how long it lasts."""
    header = struct.pack(">IIIII", 0, 0, 0, 1000, round(seconds * 1000)) + bytes(80)
    moov = _box(b"moov", _box(b"mvhd", header))
    return (
        _box(b"ftyp", b"M4A \x00\x00\x00\x00isom") + _box(b"free", bytes(8)) + moov + _box(b"mdat", bytes(64))
    )


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def _syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
