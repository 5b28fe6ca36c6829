"""Which encoding a text file is written in: byte order mark, then UTF-16 by its zeros, UTF-8, cp1252."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from loumass.contacts.tables.shape import Encoding, TableRefused

BLOCK = 1024 * 1024
_SAMPLE = 64 * 1024
_BOMS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What no table of text contains; NUL is left out because single rows may be damaged by it.
_DAMAGED = re.compile("[\udc80-\udcff]")
_BINARY = bytes(set(range(1, 32)) - set(b"\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f"))


def detect_encoding(file: BinaryIO) -> tuple[Encoding, bool]:
    """Returns the encoding and whether a byte order mark leads the file; reads it whole, in blocks.

    Raises TableRefused where the bytes are no text at all.
    """
    file.seek(0)
    sample = file.read(_SAMPLE)
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            return encoding, True
    wide = _utf16_by_zeros(sample)
    if wide:
        return wide, False
    _refuse_binary(sample)
    file.seek(0)
    return ("utf-8" if _is_utf8(file) else "cp1252"), False


def bom_length(encoding: Encoding, has_bom: bool) -> int:
    """Returns how many bytes the mark takes."""
    return {"utf-8": 3, "cp1252": 0}.get(encoding, 2) if has_bom else 0


def _utf16_by_zeros(sample: bytes) -> Encoding | None:
    """Delimiters, digits and line ends have a zero high byte in every script, so one side is full of zeros."""
    pairs = len(sample) // 2
    if not pairs:
        return None
    low, high = sample[0 : pairs * 2 : 2].count(0), sample[1 : pairs * 2 : 2].count(0)
    if high > pairs * 0.1 and low <= pairs * 0.01:
        return "utf-16-le"
    if low > pairs * 0.1 and high <= pairs * 0.01:
        return "utf-16-be"
    return None


def _refuse_binary(sample: bytes) -> None:
    strange = len(sample) - len(sample.translate(None, _BINARY))
    zeros = sample.count(0)
    if strange > len(sample) * 0.02 or zeros > len(sample) * 0.2:
        raise TableRefused(
            "This file holds binary content, not a table of text. Save it as CSV or Excel workbook (.xlsx) "
            "and upload that."
        )


def _is_utf8(file: BinaryIO) -> bool:
    """A file with a few damaged bytes among many good letters is still UTF-8: its bad rows are refused."""
    good = damaged = 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    while block := file.read(BLOCK):
        text = decoder.decode(block)
        if text.isascii():
            continue
        bad = len(_DAMAGED.findall(text))
        damaged += bad
        good += len(text) - len(text.encode("ascii", "ignore")) - bad
    damaged += len(decoder.getstate()[0])
    return damaged == 0 or good > damaged * 10
