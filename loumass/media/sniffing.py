"""What bytes are, by their beginning. Names and declared types are never asked."""

from __future__ import annotations

MP3, WAV, M4A = "audio/mpeg", "audio/wav", "audio/mp4"
SOUNDS = frozenset({MP3, WAV, M4A})
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PDF, UNKNOWN = "application/pdf", "application/octet-stream"
#: So many bytes tell.
ENOUGH = 64
#: Type -> how its files end.
ENDINGS = {
    MP3: "mp3",
    WAV: "wav",
    M4A: "m4a",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    PDF: "pdf",
    UNKNOWN: "bin",
}
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", PDF),
    (b"ID3", MP3),
)
_BOXES = {b"RIFF": ((b"WEBP", "image/webp"), (b"WAVE", WAV))}
#: Brands of ISO base media files that hold sound alone, or sound that every player takes for it.
_M4A_BRANDS = frozenset({b"M4A ", b"M4B ", b"mp42", b"mp41", b"isom", b"iso2", b"dash"})


def sniffed(beginning: bytes) -> str:
    """The type of what begins like this; UNKNOWN where nothing tells."""
    for magic, kind in _BEGINNINGS:
        if beginning.startswith(magic):
            return kind
    for mark, kind in _BOXES.get(beginning[:4], ()):
        if beginning[8:12] == mark:
            return kind
    if beginning[4:8] == b"ftyp" and beginning[8:12] in _M4A_BRANDS:
        return M4A
    return MP3 if is_frame(beginning[:4]) else UNKNOWN


def is_frame(header: bytes) -> bool:
    """Whether these four bytes begin a frame of MPEG layer III (ISO 11172-3, 2.4.1.3)."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return False
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    return version != 1 and layer == 1 and header[2] >> 4 not in (0, 15) and header[2] >> 2 & 3 != 3
